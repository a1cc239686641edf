//! What `doctor` says of a received log whose lines count though their status says otherwise.

use serde_json::Value;

use crate::scene::{Scene, outage, run};

#[test]
fn a_status_that_nobody_named_is_warned_of_with_the_flag_to_add() {
    let scene = Scene::new(outage(3));
    let log = scene.file(
        "in.jsonl",
        "{\"event_id\":\"a\",\"status\":200}\n{\"event_id\":\"b\",\"status\":503}\n{\"event_id\":\"c\",\"status\":500}\n",
    );
    let log_check = |more: &[&str]| -> Value {
        let mut command = scene.program();
        command.args(["doctor", "--format", "json", "--received"]).arg(&log).args(more);
        let document = run(&mut command).document();
        let mut checks = document["checks"].as_array().expect("checks").iter();
        checks.find(|check| check["name"] == "received log").expect("the check of the log").clone()
    };
    let warned = log_check(&[]);
    assert_eq!((&warned["verdict"], &warned["hint"]), (&"warning".into(), &"add --received-status status".into()));
    let message = warned["message"].as_str().expect("a message");
    assert!(message.contains("of the first 3 lines with an id, 2 hold another status code than 2xx"), "{message}");
    assert_eq!(log_check(&["--received-status", "status"])["verdict"], "ok");
}
