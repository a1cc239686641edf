use std::ffi::OsString;
use std::fs;
use std::path::Path;

use super::*;
use crate::config::{Environment, Folders};

fn surroundings(folder: &Path) -> Surroundings {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let environment = Environment::new([(OsString::from("PATH"), path)]);
    Surroundings { environment, directory: folder.to_owned(), folders: Folders::default(), now: chrono::Utc::now() }
}

fn asked(folder: &Path, typed: &str) -> (Result<Answers, Ended>, String) {
    let (mut input, mut output) = (typed.as_bytes(), Vec::new());
    let mut answers = Answers::default();
    let ended = ask(&mut answers, &mut Prompt::new(&mut input, &mut output, 80), &surroundings(folder));
    (ended.map(|()| answers), String::from_utf8(output).unwrap())
}

#[test]
fn empty_answers_take_the_defaults() {
    let folder = tempfile::tempdir().unwrap();
    let (answers, shown) = asked(folder.path(), "\n\n\n\n\n");
    let answers = answers.unwrap();
    assert_eq!(answers.settings.keys().collect::<Vec<_>>(), [&Key::AllWebhooks], "{shown}");
    assert!(answers.keys.is_empty() && answers.names.is_empty());
}

#[test]
fn answers_that_can_not_be_used_are_asked_for_again() {
    let folder = tempfile::tempdir().unwrap();
    let typed = "http://vendor.example\nhttps://vendor.example/V2\n9\n1\nEurope/Olso\nEurope/Oslo\n\nx y\nhook-1, SaleCreated\n";
    let (answers, shown) = asked(folder.path(), typed);
    let answers = answers.unwrap();
    assert_eq!(answers.settings[&Key::BaseUrl], ["https://vendor.example/V2"]);
    assert_eq!(answers.settings[&Key::TimeZone], ["Europe/Oslo"]);
    assert_eq!(answers.settings[&Key::Webhook], ["hook-1", "SaleCreated"]);
    assert!(shown.contains("answer 1, 2 or 3") && shown.contains("plain http"), "{shown}");
}

#[test]
fn an_input_that_ends_or_never_fits_is_no_answer() {
    let folder = tempfile::tempdir().unwrap();
    for typed in ["", "\n\n", "half a li", &"http://x.example\n".repeat(50)] {
        assert!(matches!(asked(folder.path(), typed).0, Err(Ended::NoMoreInput)), "{typed:?}");
    }
}

#[test]
fn a_key_in_the_place_of_a_path_or_a_command_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("api.key"), "sk-1").unwrap();
    let (answers, shown) = asked(folder.path(), "\n2\nsk-live-7777\napi.key\napi.key\n\n\n\n");
    let answers = answers.unwrap();
    assert!(shown.contains("there is no such file"), "{shown}");
    assert_eq!(answers.keys[&SecretKey::ApiKey], KeyPlace::File("api.key".to_owned()));
    let (answers, shown) = asked(folder.path(), "\n3\nsk-live-7777\ncat api.key\ncat api.key\n\n\n\n");
    assert_eq!(answers.unwrap().keys[&SecretKey::ApiKey], KeyPlace::Command("cat api.key".to_owned()), "{shown}");
    assert!(shown.contains("give the command, not the key"), "{shown}");
}

#[test]
fn a_log_is_looked_at_and_what_was_found_is_written_down() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("in.log");
    fs::write(&log, "{\"event\":{\"id\":\"a\"}}\n{\"event\":{\"id\":\"b\"}}\n").unwrap();
    let (answers, shown) = asked(folder.path(), &format!("\n\n\nno-such.log\n{}\n\n", log.display()));
    let answers = answers.unwrap();
    assert!(shown.contains("no-such.log") && shown.contains("2 lines with 2 received, 2 different ids"), "{shown}");
    assert_eq!(answers.settings[&Key::ReceivedFormat], ["jsonl"]);
    assert_eq!(answers.settings[&Key::ReceivedId], ["event.id"]);
}

fn webhook(id: &str, event_type: &str) -> Webhook {
    let id = crate::event::WebhookId::new(id).unwrap();
    Webhook { id, event_type: event_type.to_owned(), url: "https://x/?token=hunter2".to_owned(), store_id: Some(4) }
}

fn chosen(typed: &str) -> (Answers, String) {
    let known = [webhook("h1", "SaleCreated"), webhook("h2", "SaleCreated"), webhook("h3", "POSSettlementCreated")];
    let (mut input, mut output, mut answers) = (typed.as_bytes(), Vec::new(), Answers::default());
    choose(&mut answers, &mut Prompt::new(&mut input, &mut output, 80), &known).unwrap();
    (answers, String::from_utf8(output).unwrap())
}

#[test]
fn webhooks_are_chosen_by_number_and_named() {
    let (answers, shown) = chosen("4\n1, 2\n\nsale-created\nreturns\n");
    assert_eq!(answers.settings[&Key::Webhook], ["sale-created", "returns"]);
    assert_eq!(answers.names, [("sale-created".to_owned(), "h1".to_owned()), ("returns".to_owned(), "h2".to_owned())]);
    assert!(shown.contains("  1  SaleCreated, store 4           h1\n") && shown.contains("from 1 to 3"), "{shown}");
    assert!(shown.contains("another webhook has this name") && !shown.contains("hunter2"), "{shown}");
}

#[test]
fn all_webhooks_are_named_without_a_question() {
    let (answers, _) = chosen("\n");
    assert_eq!(answers.settings[&Key::AllWebhooks], ["true"]);
    let names: Vec<&str> = answers.names.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["sale-created", "sale-created-2", "possettlement-created"]);
}
