//! The two-way picture in the document.

use serde::Serialize;

use super::{Detail, Time};
use crate::audit::{Audit, Row};
use crate::receipt::UnlistedId;

#[derive(Serialize)]
pub(super) struct AuditView<'a> {
    vendor: VendorView,
    log: LogView,
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown_to_vendor: Option<Vec<UnlistedView<'a>>>,
}

impl<'a> AuditView<'a> {
    pub(super) fn new(audit: &'a Audit, detail: Detail) -> Self {
        let log = &audit.log;
        Self {
            vendor: VendorView {
                delivered: RowView::from(&audit.vendor.delivered),
                failed: RowView::from(&audit.vendor.failed),
                unrecognised: RowView::from(&audit.vendor.unrecognised),
                total: RowView::from(&audit.vendor.total()),
            },
            log: LogView {
                listed: log.listed,
                elsewhere: log.elsewhere,
                unknown_to_vendor: log.unknown_to_vendor.len() as u64,
                unresolved: log.unresolved,
                total: log.ids(),
                is_least: log.is_least,
            },
            unknown_to_vendor: match detail {
                Detail::WithEvents(_) => Some(log.unknown_to_vendor.iter().map(UnlistedView::from).collect()),
                Detail::WithoutEvents => None,
            },
        }
    }
}

/// Events that the vendor listed, by what it says of them.
#[derive(Serialize)]
struct VendorView {
    delivered: RowView,
    failed: RowView,
    unrecognised: RowView,
    total: RowView,
}

/// Events by what the log says of them.
#[derive(Serialize)]
struct RowView {
    found: u64,
    absent: u64,
    out_of_coverage: u64,
    total: u64,
}

impl From<&Row> for RowView {
    fn from(row: &Row) -> Self {
        let &Row { found, absent, out_of_coverage } = row;
        Self { found, absent, out_of_coverage, total: row.total() }
    }
}

/// Ids that the log holds, by where they belong.
#[derive(Serialize)]
struct LogView {
    listed: u64,
    elsewhere: u64,
    unknown_to_vendor: u64,
    unresolved: u64,
    total: u64,
    is_least: bool,
}

/// An id that only the log knows.
#[derive(Serialize)]
pub(in crate::report) struct UnlistedView<'a> {
    event_id: std::borrow::Cow<'a, str>,
    received_at: Option<Time>,
}

impl<'a> From<&'a UnlistedId> for UnlistedView<'a> {
    fn from(unlisted: &'a UnlistedId) -> Self {
        Self { event_id: unlisted.id.text(), received_at: unlisted.received_at.map(Time) }
    }
}
