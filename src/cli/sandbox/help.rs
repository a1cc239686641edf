//! The long help of the sandbox's flags.

use std::fmt::Write as _;

use crate::sandbox::{CATALOGUE, CONTROLS};

/// The help of `--scenario`.
pub(super) const SCENARIO: &str = "\
A TOML file that describes the world, instead of --webhooks, --events and the like. Relative times count from the \
start. An example with a receiver is in contrib/receiver-test/.

  seed = 7                           # of all that is invented

  [receiver]                         # how its URL is called
  event-id-header = \"X-Event-Id\"
  headers = { X-Shop = \"oslo\" }      # sent as well
  method = \"POST\"                    # or PUT
  content-type = \"application/json\"
  timeout = \"10s\"                    # later than this is no answer
  in-flight = 4                      # deliveries at the same time

  [[webhook]]                        # as many as wanted
  event-type = \"SaleCreated\"
  id = \"sales\"                       # else made up from the seed
  url = \"http://127.0.0.1:8080/hook\" # else that of --receiver
  store-id = 101

  [[events]]                         # as many as wanted
  type = \"SaleCreated\"               # or webhook = its id
  count = 40
  from = \"-6h\"                       # spread from here
  to = \"-1h\"                         # to here
  id-prefix = \"sale-\"                # or id; else UUIDs
  deliver = true                     # at the start, for real

  [[events]]
  at = \"-2h\"                         # all at once
  id = \"night\"
  state = \"failed\"                   # or delivered, or pending
  status-code = 503                  # none if nothing answered
  status-text = \"Service Unavailable\"
  in-log = false                     # is it in the sandbox's log?
  runs = 1                           # deliveries so far

  [[fault]]                          # see --fault
  name = \"deliver-then-500\"
  rate = 0.1
  first = 3
  operation = \"resend\"";

/// The help of `--receiver`.
pub(super) const RECEIVER: &str = "\
The receiver behind the vendor: your own, or a simulated one [default: the URLs of the scenario's webhooks, else up]

With a URL such as http://127.0.0.1:8080/hook, deliveries are real POST requests to your own receiver: the body is the \
bare payload, a header holds the event's id (--event-id-header), and an answer of 2xx is success. Only plain http to \
this machine or to a private network is called, and redirects are not followed.

A simulated one is up, down, down-until=TRIES, failing=RATE, losing-after-ack or keeping-without-ack.";

/// The help of `--port`, which tells of the control API on it.
pub(super) fn control() -> String {
    let mut help = "Port on the loopback interface; 0 takes a free one.\n\n\
        The vendor's API is on it, and beside it a control API for test suites, which answers with JSON:\n"
        .to_owned();
    list(&mut help, CONTROLS);
    help
}

/// The help of `--fault`.
pub(super) fn faults() -> String {
    let mut help = "Something the vendor does wrong; may be given several times.\n\n\
        Behind the name may stand a probability (@0.1), the number of calls after which it is over (@first=3) and the \
        one operation it strikes (@list, @get, @resend, @webhooks, @webhook-write, @types, @environment). \
        NAME-first=3 is short for NAME@first=3.\n"
        .to_owned();
    list(&mut help, CATALOGUE);
    help
}

/// Each on two lines, because a second column would be torn apart on a narrow terminal.
fn list(help: &mut String, entries: &[(&str, &str)]) {
    for (name, about) in entries {
        // Writing to a string has no way to fail.
        let _ = write!(help, "\n  {name}\n      {about}");
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use chrono::Utc;

    use super::*;
    use crate::sandbox::{Scenario, Wishes};

    #[test]
    fn the_example_in_the_help_is_a_scenario_and_fits_a_narrow_terminal() {
        let (_, example) = SCENARIO.split_once("\n\n").expect("an example");
        // Clap indents by ten.
        assert!(example.lines().all(|line| line.chars().count() <= 70), "{example}");
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("example.toml");
        fs::write(&path, example).expect("a file");
        let plan = Scenario::read(&path).and_then(|scenario| scenario.plan(&Wishes::default(), Utc::now()));
        let plan = plan.unwrap_or_else(|error| panic!("{error}\n{}", error.hint));
        assert!(plan.is_calling() && plan.seed() == 7);
    }
}
