//! The commented settings file that somebody starts from, with the few values that are theirs filled in.
//! It holds where keys are to be had and never a key.

use super::keys::{Key, SecretKey};

/// A complete settings file with every key, commented, for users to start from.
pub const STARTER: &str = include_str!("starter.toml");

/// The last line of the file, an example of a name.
const EXAMPLE_NAME: &str = "#sales = ";

/// Where a key is to be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyPlace {
    /// In this variable.
    Variable(String),
    /// In this file.
    File(String),
    /// A command of the shell prints it.
    Command(String),
}

/// What is filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Starter {
    /// Settings with their values, as texts; lists may have several.
    pub settings: Vec<(Key, Vec<String>)>,
    /// Where the keys are to be had; one that is not named comes from its usual variable.
    pub keys: Vec<(SecretKey, KeyPlace)>,
    /// Names for webhooks, with their ids.
    pub names: Vec<(String, String)>,
}

impl Starter {
    /// The text of the file.
    pub fn render(&self) -> String {
        let mut lines: Vec<String> = STARTER.lines().map(str::to_owned).collect();
        for (key, values) in &self.settings {
            fill_in(&mut lines, key.name(), &value_of(*key, values));
        }
        for (key, place) in &self.keys {
            fill_in(&mut lines, key.name(), &source_of(place));
        }
        lines.extend(self.names.iter().map(|(name, id)| format!("{} = {}", bare_or_quoted(name), text(id))));
        if !self.names.is_empty() {
            lines.retain(|line| !line.starts_with(EXAMPLE_NAME));
        }
        lines.join("\n") + "\n"
    }
}

/// Takes the `#` from the line of a key and puts its value in; what the line says beside it stays.
fn fill_in(lines: &mut [String], name: &str, value: &str) {
    let begin = format!("#{name} = ");
    if let Some(line) = lines.iter_mut().find(|line| line.starts_with(&begin)) {
        let remark = line.rfind("  # ").map(|at| line[line[..at].trim_end().len()..].to_owned()).unwrap_or_default();
        *line = format!("{name} = {value}{remark}");
    }
}

fn value_of(key: Key, values: &[String]) -> String {
    match (key, values) {
        (Key::AllWebhooks, [switch]) => switch.clone(),
        (Key::Webhook, values) => list(values),
        (_, [one]) => text(one),
        (_, several) => list(several),
    }
}

fn list(values: &[String]) -> String {
    format!("[{}]", values.iter().map(|value| text(value)).collect::<Vec<_>>().join(", "))
}

/// A text as TOML writes it, whatever it holds.
fn text(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn source_of(place: &KeyPlace) -> String {
    let (kind, what) = match place {
        KeyPlace::Variable(name) => ("env", name),
        KeyPlace::File(path) => ("file", path),
        KeyPlace::Command(line) => ("command", line),
    };
    format!("{{ {kind} = {} }}", text(what))
}

fn bare_or_quoted(name: &str) -> String {
    let is_bare = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    // A text may be written over several lines, which a name may not; JSON's texts are one, and TOML's too.
    if is_bare { name.to_owned() } else { serde_json::Value::String(name.to_owned()).to_string() }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;
    use crate::config::Layer;
    use crate::config::file::parse;

    fn read(starter: &Starter) -> Layer {
        parse(&starter.render(), Path::new("hookmend.toml"), Path::new("/base")).unwrap()
    }

    #[test]
    fn without_anything_to_fill_in_it_is_the_starter_itself() {
        assert_eq!(Starter::default().render(), STARTER);
        assert!(read(&Starter::default()).entries.is_empty());
    }

    #[test]
    fn every_setting_can_be_filled_in_and_is_documented() {
        for key in Key::ALL {
            let starter = Starter { settings: vec![(key, vec!["x".to_owned()])], ..Starter::default() };
            assert!(starter.render().lines().any(|line| line.starts_with(&format!("{} = ", key.name()))), "{key:?}");
        }
    }

    #[test]
    fn what_was_filled_in_is_what_is_read() {
        let starter = Starter {
            settings: vec![
                (Key::Received, vec!["/in/a b.jsonl".to_owned(), "/in/c\"d.log".to_owned()]),
                (Key::ReceivedFormat, vec!["jsonl".to_owned()]),
                (Key::Webhook, vec!["sales".to_owned()]),
            ],
            keys: vec![
                (SecretKey::ApiKey, KeyPlace::Command("pass show \"a\"".to_owned())),
                (SecretKey::SubscriptionKey, KeyPlace::Variable("OTHER".to_owned())),
            ],
            names: vec![
                ("sales".to_owned(), "hook-1".to_owned()),
                ("caf\u{e9}'s \"1\"".to_owned(), "hook-2".to_owned()),
            ],
        };
        let layer = read(&starter);
        assert_eq!(layer.entries[&Key::Received].values, ["/in/a b.jsonl", "/in/c\"d.log"]);
        assert_eq!(layer.entries[&Key::Webhook].values, ["sales"]);
        assert_eq!((layer.entries.len(), layer.secrets.len(), layer.names.len()), (3, 2, 2));
        assert!(starter.render().contains("received-format = \"jsonl\"        # ids, jsonl, csv or text\n"));
    }

    proptest! {
        #[test]
        fn whatever_a_path_holds_it_is_read_back(path in any::<String>()) {
            let place = format!("/{path}");
            let settings = vec![(Key::Received, vec![place.clone()])];
            let layer = read(&Starter { settings, ..Starter::default() });
            prop_assert_eq!(&layer.entries[&Key::Received].values, &[place]);
        }
    }
}
