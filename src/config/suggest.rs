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

/// How many of an id's characters a person may have got wrong, as a share of them: one of eight.
const WRONG_OF_ID: usize = 8;
/// The least that must have been written of an id for its beginning to tell it.
const LEAST_BEGINNING: usize = 4;

/// The id nearest to what was written: one that begins with it, or from which it differs in a few
/// characters. Ids are alike by chance, so the measure is stricter than for names.
pub fn nearest_id<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let written: String = written.chars().take(200).flat_map(char::to_lowercase).collect();
    let length = written.chars().count();
    let most = (length / WRONG_OF_ID).max(1);
    let distance = |candidate: &str| {
        let candidate = candidate.to_lowercase();
        if length >= LEAST_BEGINNING && candidate.starts_with(&written) {
            return 0;
        }
        // Ids of other lengths can't be near, and need not be measured.
        if candidate.len().abs_diff(written.len()) > 4 * most {
            return usize::MAX;
        }
        strsim::osa_distance(&written, &candidate)
    };
    candidates
        .into_iter()
        .map(|candidate| (distance(candidate), candidate))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
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

    #[test]
    fn a_mistyped_or_shortened_id_finds_its_own_and_another_id_does_not() {
        let ids = ["7a61f8ae-5d0c-4e43-9a52-5a0a6b0f6d11", "lost-12"];
        assert_eq!(nearest_id("7a61f8ae-5d0c-4e43-9a52-5a0a6b0f6d1", ids), Some(ids[0]));
        assert_eq!(nearest_id("7A61F8AE-5d0c-4e34-9a52-5a0a6b0f6d11", ids), Some(ids[0]));
        assert_eq!(nearest_id("7a61", ids), Some(ids[0]));
        assert_eq!(nearest_id("lots-12", ids), Some(ids[1]));
        assert_eq!(nearest_id("7a6", ids), None);
        assert_eq!(nearest_id("0b61d8ae-5c0c-4e13-8a52-6a0a7b0f8d22", ids), None);
        assert_eq!(nearest_id("", ids), None);
        assert_eq!(nearest_id(&"x".repeat(100_000), ids), None);
    }
}
