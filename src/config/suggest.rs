//! "Did you mean": the nearest of the names that would have been right.

/// How alike two names must be, from 0 to 1, before one is suggested for the other.
const ALIKE: f64 = 0.75;

/// The candidate nearest to what was written, if one is near; case does not matter.
pub fn nearest<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let written: String = written.chars().take(200).flat_map(char::to_lowercase).collect();
    let likeness = |candidate: &str| strsim::jaro_winkler(&written, &candidate.to_lowercase());
    candidates
        .into_iter()
        .map(|candidate| (likeness(candidate), candidate))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typing_mistake_finds_its_name() {
        let names = ["webhook", "all-webhooks", "base-url", "rate"];
        assert_eq!(nearest("web-hook", names), Some("webhook"));
        assert_eq!(nearest("baseurl", names), Some("base-url"));
        assert_eq!(nearest("BASE-URL", names), Some("base-url"));
    }

    #[test]
    fn what_is_like_nothing_gets_no_suggestion() {
        assert_eq!(nearest("zzz", ["webhook", "rate"]), None);
        assert_eq!(nearest("", ["webhook"]), None);
    }
}
