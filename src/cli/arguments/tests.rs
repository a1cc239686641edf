use std::collections::BTreeSet;

use clap::CommandFactory;

use super::*;

fn parsed(words: &[&str]) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(["hookmend"].iter().chain(words))
}

fn layer(words: &[&str]) -> Layer {
    let cli = parsed(words).unwrap_or_else(|error| panic!("{words:?}: {error}"));
    let flags = match cli.command {
        Command::Reconcile(args) => cli.global.selecting(|layer| args.put(layer)),
        Command::Check(args) => cli.global.selecting(|layer| args.put(layer)),
        Command::List(args) => cli.global.selecting(|layer| args.put(layer)),
        Command::Plan(args) => cli.global.selecting(|layer| args.put(layer)),
        Command::Apply(args) => cli.global.with(|layer| args.put(layer)),
        Command::Resend(args) => cli.global.with(|layer| args.put(layer)),
        Command::History(_)
        | Command::Quarantine { .. }
        | Command::Received(_)
        | Command::Show(_)
        | Command::Webhooks { .. }
        | Command::Types(_)
        | Command::Doctor(_)
        | Command::Init(_)
        | Command::Sandbox(_)
        | Command::Demo(_)
        | Command::Completions { .. }
        | Command::Man => {
            panic!("{words:?} has no settings")
        }
    };
    flags.layer
}

#[test]
fn the_commands_are_well_formed() {
    Cli::command().debug_assert();
}

/// The long flags of a command, its own and the global ones.
fn long_flags(command: &str) -> BTreeSet<String> {
    let mut top = Cli::command();
    top.build();
    let command = top.find_subcommand(command).unwrap();
    command.get_arguments().filter_map(|argument| argument.get_long()).map(str::to_owned).collect()
}

#[test]
fn every_setting_is_a_flag_of_reconcile_and_every_flag_a_setting() {
    let settings: BTreeSet<String> = Key::ALL.into_iter().map(|key| key.name().to_owned()).collect();
    // A selection is no setting: in a file it would silently narrow every run.
    let selection = ["event-type", "id", "status", "status-code", "verdict"];
    let others: Vec<String> =
        ["config", "quiet", "verbose", "help"].into_iter().chain(selection).map(str::to_owned).collect();
    let flags: BTreeSet<String> = long_flags("reconcile").into_iter().filter(|flag| !others.contains(flag)).collect();
    assert_eq!(flags, settings);
}

#[test]
fn check_has_the_flags_of_reconcile_that_do_not_resend() {
    let missing: Vec<String> = long_flags("reconcile").difference(&long_flags("check")).cloned().collect();
    assert_eq!(missing, ["dry-run", "failure-budget", "max-resends", "max-rounds", "retention", "yes"]);
    let more: Vec<String> = long_flags("check").difference(&long_flags("reconcile")).cloned().collect();
    assert_eq!(
        more,
        ["audit", "max-age", "max-missing"],
        "what a gate lets pass and how far it looks is a gate's alone"
    );
}

#[test]
fn every_flag_reaches_its_setting() {
    for key in Key::ALL {
        let flag = format!("--{}", key.name());
        let text = match key {
            Key::ReceivedFormat => "csv",
            Key::Provider => "front-systems",
            Key::Format => "json",
            Key::Color => "always",
            _ => "text",
        };
        let is_switch = key.kind() == crate::config::keys::Kind::Switch;
        let words = if is_switch { vec!["reconcile", &flag] } else { vec!["reconcile", &flag, text] };
        let layer = layer(&words);
        assert_eq!(layer.entries.keys().collect::<Vec<_>>(), [&key]);
        assert_eq!(layer.entries[&key].values, [if is_switch { "true" } else { text }]);
    }
    assert!(layer(&["reconcile"]).entries.is_empty(), "a flag that is not given says nothing");
}

#[test]
fn flags_that_list_may_be_repeated_and_standard_input_is_a_source() {
    let layer = layer(&["check", "--webhook", "a1", "--webhook", "b2", "--received", "-"]);
    assert_eq!(layer.entries[&Key::Webhook].values, ["a1", "b2"]);
    assert_eq!(layer.entries[&Key::Received].values, ["-"]);
}

#[test]
fn general_flags_stand_before_or_after_the_command() {
    for words in [["-v", "check"], ["check", "-v"]] {
        assert_eq!(parsed(&words).unwrap().global.verbosity(), Verbosity::Verbose);
    }
    assert_eq!(parsed(&["check", "-q"]).unwrap().global.verbosity(), Verbosity::Quiet);
    assert!(parsed(&["check", "-q", "-v"]).is_err());
}

#[test]
fn keys_are_no_flags() {
    for flag in ["--api-key", "--subscription-key", "--api-key=x", "--subscription-key=x"] {
        assert!(parsed(&["reconcile", flag]).is_err(), "{flag}");
    }
}

/// Every command with its help as a narrow terminal shows it.
fn helps() -> Vec<(String, String, String)> {
    let mut top = Cli::command().term_width(80);
    top.build();
    let mut commands = vec![top.clone()];
    commands.extend(top.get_subcommands().filter(|command| command.get_name() != "help").cloned());
    commands
        .into_iter()
        .map(|mut command| {
            let name = command.get_name().to_owned();
            (name, command.render_help().to_string(), command.render_long_help().to_string())
        })
        .collect()
}

#[test]
fn every_help_has_examples_and_the_exit_status() {
    for (name, short, long) in helps() {
        for help in [short, long] {
            assert!(help.contains("\nEXAMPLES\n") && help.contains("\nEXIT STATUS\n"), "{name}:\n{help}");
        }
    }
}

#[test]
fn every_help_fits_eighty_columns() {
    for (name, short, long) in helps() {
        for line in short.lines().chain(long.lines()) {
            assert!(line.chars().count() <= 80, "{name}: {line}");
        }
    }
}

#[test]
fn the_examples_in_the_help_are_accepted() {
    let examples = TOP_EXAMPLES
        .iter()
        .chain(&RECONCILE_EXAMPLES)
        .chain(&CHECK_EXAMPLES)
        .chain(&SANDBOX_EXAMPLES)
        .chain(&COMPLETIONS_EXAMPLES);
    for (_, line) in examples.chain(&MAN_EXAMPLES) {
        assert!(line.len() <= 78, "it would be broken in two: {line}");
        let line = line.trim_start_matches("source <(").trim_end_matches(')');
        let command = line.split([' ']).take_while(|word| *word != "|" && *word != ">");
        let words: Vec<String> = command.skip(1).map(|word| word.replace('\'', "")).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        assert!(parsed(&words).is_ok(), "{line}");
    }
}

#[test]
fn the_defaults_in_the_help_are_the_true_ones() {
    let top = Cli::command();
    let command = top.find_subcommand("reconcile").unwrap();
    for key in Key::ALL {
        let argument = command.get_arguments().find(|argument| argument.get_long() == Some(key.name()));
        let Some(help) = argument.and_then(|argument| argument.get_help()).map(ToString::to_string) else { continue };
        if let (Some(default), Some((_, shown))) = (key.default_text(), help.split_once("[default: ")) {
            assert_eq!(shown, format!("{default}]"), "{}", key.name());
        }
    }
}
