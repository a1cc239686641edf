use std::collections::BTreeSet;

use base64::Engine as _;
use sha2::{Digest as _, Sha256};

use super::*;
use crate::report::sample::{hostile, missing, outage, report, settled, unavailable, undetermined, webhook};
use crate::report::text::is_hidden;
use crate::tracked::EventResult;

fn hash(text: &str) -> String {
    format!("sha256-{}", base64::engine::general_purpose::STANDARD.encode(Sha256::digest(text.as_bytes())))
}

/// The page without its style and its script.
fn markup(report: &RunReport) -> String {
    render(report).replacen(STYLE, "", 1).replacen(SCRIPT, "", 1)
}

/// Every tag as it stands, in order. No value holds a `<` or a `>`, which is what this would find out.
fn tags(markup: &str) -> Vec<&str> {
    let mut tags = Vec::new();
    let mut rest = markup;
    while let Some((text, after)) = rest.split_once('<') {
        assert!(!text.contains('>'), "a bare >: {text}");
        let (tag, after) = after.split_once('>').expect("the end of a tag");
        tags.push(tag);
        rest = after;
    }
    tags
}

/// Names of tags and, with them, of attributes.
fn vocabulary(markup: &str) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for tag in tags(markup) {
        let name = tag.split_whitespace().next().expect("a name");
        words.insert(name.to_owned());
        // Between the quotes stand values.
        for (place, part) in tag.split('"').enumerate().filter(|(place, _)| place % 2 == 0) {
            if let Some(attribute) = part.split_whitespace().last().and_then(|part| part.strip_suffix('=')) {
                words.insert(format!("{name} {attribute}"));
            } else {
                assert!(place > 0 || part.trim() == tag.trim(), "an attribute without a value: {tag}");
            }
        }
    }
    words
}

fn count(markup: &str, wanted: &str) -> usize {
    markup.matches(wanted).count()
}

#[test]
fn the_policy_knows_the_style_and_the_script_by_their_hashes() {
    assert_eq!(STYLE_HASH, hash(STYLE), "write this hash into the constant");
    assert_eq!(SCRIPT_HASH, hash(SCRIPT), "write this hash into the constant");
    let page = render(&outage());
    assert!(page.contains(&format!("<style>{STYLE}</style>")) && page.contains(&format!("<script>{SCRIPT}</script>")));
}

#[test]
fn the_page_names_no_address_and_carries_no_handler() {
    for report in [outage(), unavailable(), undetermined()] {
        let page = render(&report);
        for wrong in ["http://", "https://", "//www", "url(", "@import", "javascript:", "src="] {
            assert!(!page.contains(wrong), "{wrong}");
        }
        let words = vocabulary(&markup(&report));
        assert!(!words.iter().any(|word| word.contains(" on") || word.ends_with(" style")), "{words:?}");
    }
}

#[test]
fn hostile_text_adds_neither_tags_nor_attributes() {
    let page = markup(&hostile());
    let harmless = vocabulary(&(markup(&outage()) + &markup(&undetermined())));
    let added: Vec<String> = vocabulary(&page).difference(&harmless).cloned().collect();
    assert!(added.is_empty(), "{added:?}");
    assert!(!page.replace('\n', "").contains(is_hidden));
    assert_eq!(count(&page, "<script>"), 1);
    assert!(page.contains("&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(page.contains("safe\\u{202e}gpj.exe\\u{2066}"));
}

#[test]
fn the_tables_hold_every_event_that_is_not_settled() {
    let page = markup(&outage());
    let (open, others) = page.split_once("Everything else that is not settled").expect("two tables");
    let open = &open[open.find("id=\"events-left\"").expect("the table")..];
    let others = &others[..others.find("</table>").expect("its end")];
    assert_eq!((count(open, "<tr><th scope=\"row\">"), count(others, "<tr><th scope=\"row\">")), (3, 11));
    assert!(page.contains("What is left <span class=\"count\">3</span>"));
    assert!(others.contains("<span class=\"count\">11</span>"));
}

#[test]
fn a_reason_that_all_share_is_told_once() {
    let reason = "the vendor failed to deliver it and the received log does not hold it";
    let events = (1..=30).map(|number| missing(number, 1, EventResult::Left)).collect();
    let page = markup(&report(Mode::Act, RunOutcome::Left, vec![webhook("w1", "SaleCreated", events)]));
    assert_eq!(count(&page, reason), 1);
    assert!(!page.contains("<th scope=\"col\">Reason</th>"));
    assert!(markup(&outage()).contains("<th scope=\"col\">Reason</th>"));
}

#[test]
fn a_huge_report_shows_the_first_and_says_what_it_leaves_out() {
    let mut events: Vec<_> = (1..=4_000).map(|number| missing(number, 1, EventResult::Recovered)).collect();
    events.extend((4_001..=104_000).map(|number| missing(number, 1, EventResult::Left)));
    let page = markup(&report(Mode::Act, RunOutcome::Left, vec![webhook("w1", "SaleCreated", events)]));
    assert!(page.len() < 3_000_000, "{}", page.len());
    let table = &page[page.find("id=\"events-left\"").expect("the table")..];
    assert_eq!(count(&table[..table.find("</table>").expect("its end")], "<tr><th scope=\"row\">"), 5_000);
    assert!(page.contains("The first 5,000 are shown; 95,000 are not"), "findings come first");
    assert!(page.contains("None of them is shown here; 4,000 are not"));
}

#[test]
fn a_clean_run_and_one_that_never_began_say_so() {
    let clean = report(Mode::Check, RunOutcome::Clean, vec![webhook("w1", "SaleCreated", vec![settled(1)])]);
    let page = markup(&clean);
    assert!(
        page.contains("No event needs attention.") && page.contains("<h1>Nothing is missing; nothing was sent.</h1>")
    );
    assert!(!page.contains("When it happened"), "there is nothing to draw");
    let page = markup(&unavailable());
    assert!(page.contains("No event is known to need attention") && !page.contains("id=\"numbers\""));
}

#[test]
fn ids_are_unique_and_every_label_leads_somewhere() {
    for report in [outage(), unavailable(), undetermined(), hostile()] {
        let page = markup(&report);
        let values = |attribute: &str| -> Vec<String> {
            let beginning = format!(" {attribute}=\"");
            let values = page.split(&beginning).skip(1);
            values.map(|rest| rest.split('"').next().expect("a value").to_owned()).collect()
        };
        let ids = values("id");
        let unique: BTreeSet<&String> = ids.iter().collect();
        assert_eq!(unique.len(), ids.len(), "{ids:?}");
        for label in values("aria-labelledby").iter().flat_map(|label| label.split(' ')) {
            assert!(ids.iter().any(|id| id == label), "{label}");
        }
    }
}

#[test]
fn the_picture_tells_every_bar_in_words() {
    let page = markup(&outage());
    assert!(page.contains("<g><title>2026-03-01 12:00–13:00: "), "{page}");
    assert!(page.contains("2 quarantined") && page.contains("1 already received"));
    assert!(page.contains("<table class=\"figures\">"));
}
