//! The scenario file as it is written: its tables and keys. Nothing is checked here but their types.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;
use toml::value::Value;

/// A whole file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ScenarioFile {
    pub(super) seed: Option<u64>,
    #[serde(default)]
    pub(super) receiver: ReceiverTable,
    #[serde(default)]
    pub(super) webhook: Vec<Spanned<WebhookTable>>,
    #[serde(default)]
    pub(super) events: Vec<Spanned<EventsTable>>,
    #[serde(default)]
    pub(super) fault: Vec<Spanned<FaultTable>>,
}

/// How the receiver's URL is called.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ReceiverTable {
    pub(super) event_id_header: Option<Spanned<String>>,
    pub(super) content_type: Option<Spanned<String>>,
    pub(super) method: Option<Spanned<String>>,
    pub(super) timeout: Option<Spanned<String>>,
    pub(super) in_flight: Option<Spanned<usize>>,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, Spanned<String>>,
}

/// A webhook.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct WebhookTable {
    pub(super) id: Option<Spanned<String>>,
    pub(super) event_type: Spanned<String>,
    pub(super) url: Option<Spanned<String>>,
    pub(super) store_id: Option<i64>,
}

/// Events of one kind.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct EventsTable {
    pub(super) r#type: Option<Spanned<String>>,
    pub(super) webhook: Option<Spanned<String>>,
    pub(super) count: Option<Spanned<usize>>,
    pub(super) id: Option<Spanned<String>>,
    pub(super) id_prefix: Option<Spanned<String>>,
    pub(super) at: Option<Spanned<Value>>,
    pub(super) from: Option<Spanned<Value>>,
    pub(super) to: Option<Spanned<Value>>,
    pub(super) deliver: Option<Spanned<bool>>,
    pub(super) state: Option<Spanned<StateWord>>,
    pub(super) status_code: Option<Spanned<u16>>,
    pub(super) status_text: Option<Spanned<String>>,
    pub(super) in_log: Option<Spanned<bool>>,
    pub(super) runs: Option<Spanned<u32>>,
}

/// What became of an event's first delivery.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(super) enum StateWord {
    Delivered,
    Failed,
    Pending,
}

/// Something the vendor does wrong.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct FaultTable {
    pub(super) name: Spanned<String>,
    pub(super) rate: Option<Spanned<f64>>,
    pub(super) first: Option<u64>,
    pub(super) operation: Option<Spanned<String>>,
}
