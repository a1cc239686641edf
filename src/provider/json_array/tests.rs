use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn split_in_chunks(document: &[u8], sizes: &[usize], limits: ArrayLimits) -> (Vec<Vec<u8>>, Result<u64, ArrayError>) {
    let mut splitter = ArraySplitter::new(limits);
    let mut elements = Vec::new();
    let mut rest = document;
    let mut sizes = sizes.iter().copied().cycle();
    while !rest.is_empty() {
        let size = sizes.next().unwrap_or(rest.len()).clamp(1, rest.len());
        let (chunk, after) = rest.split_at(size);
        rest = after;
        if let Err(error) = splitter.push(chunk, |element| elements.push(element.to_vec())) {
            return (elements, Err(error));
        }
    }
    (elements, splitter.finish())
}

fn split(document: &str) -> (Vec<String>, Result<u64, ArrayError>) {
    let mut whole = None;
    // Whatever the chunks, the answer must be the same.
    for size in [usize::MAX, 1, 2, 3, 7] {
        let (elements, end) = split_in_chunks(document.as_bytes(), &[size], ArrayLimits::default());
        let elements: Vec<String> = elements.into_iter().map(|bytes| String::from_utf8(bytes).unwrap()).collect();
        let answer = (elements, end);
        assert_eq!(*whole.get_or_insert_with(|| answer.clone()), answer, "in chunks of {size}");
    }
    whole.unwrap()
}

fn error_of(document: &str) -> ArrayError {
    split(document).1.unwrap_err()
}

#[test]
fn hands_out_elements_without_the_space_around_them() {
    let (elements, end) = split(" [ {\"a\": [1, \"}\"]} , 12,\"x,]\" ,null\n,[ ] ] \r\n");
    assert_eq!(elements, [r#"{"a": [1, "}"]}"#, "12", r#""x,]""#, "null", "[ ]"]);
    assert_eq!(end, Ok(5));
}

#[test]
fn an_empty_array_has_no_elements() {
    assert_eq!(split("[]"), (vec![], Ok(0)));
    assert_eq!(split("\n[ \t]\n"), (vec![], Ok(0)));
}

#[test]
fn a_byte_order_mark_is_passed_over() {
    assert_eq!(split("\u{feff}[1]"), (vec!["1".to_owned()], Ok(1)));
    assert_eq!(error_of("\u{feff}"), ArrayError::Empty);
}

#[test]
fn escapes_do_not_end_a_string() {
    let (elements, end) = split(r#"[{"a":"\"}\\"},"\\\"]"]"#);
    assert_eq!(elements, [r#"{"a":"\"}\\"}"#, r#""\\\"]""#]);
    assert_eq!(end, Ok(2));
}

#[test]
fn what_is_no_array_is_named() {
    assert_eq!(error_of(""), ArrayError::Empty);
    assert_eq!(error_of("  \n"), ArrayError::Empty);
    assert_eq!(error_of("{}"), ArrayError::NotAnArray("a JSON object"));
    assert_eq!(error_of("<!DOCTYPE html>"), ArrayError::NotAnArray("an HTML or XML page"));
    assert_eq!(error_of("null"), ArrayError::NotAnArray("null or plain text"));
    assert_eq!(error_of("\u{1f}\u{8b}"), ArrayError::NotAnArray("compressed data"));
    let (_, end) = split_in_chunks(b"\xFF\xFE[\0]\0", &[1], ArrayLimits::default());
    assert_eq!(end, Err(ArrayError::NotAnArray("something that is not text")));
    let (_, end) = split_in_chunks(b"\xEF [", &[1], ArrayLimits::default());
    assert_eq!(end, Err(ArrayError::NotAnArray("something that is not text")));
}

#[test]
fn every_cut_of_an_array_is_noticed() {
    let document = r#" [{"a":"b\"c"},[1,2],"x",12 ,true]"#;
    for cut in 1..document.len() {
        let (_, end) = split(&document[..cut]);
        assert!(matches!(end, Err(ArrayError::Cut { .. } | ArrayError::Empty)), "cut at {cut}: {end:?}");
    }
    assert_eq!(error_of(r#"[{"a":1},{"b"#), ArrayError::Cut { elements: 1 });
}

#[test]
fn what_follows_the_end_is_refused() {
    assert_eq!(error_of("[1]]"), ArrayError::TrailingData);
    assert_eq!(error_of("[] []"), ArrayError::TrailingData);
    assert_eq!(error_of("[1]\0"), ArrayError::TrailingData);
}

#[test]
fn brackets_and_commas_must_fit() {
    for document in ["[{]", "[[}]", "[,]", "[1,]", "[1,,2]", "[{} {}]", "[}", "[1 2]", "[:]", "[\0]"] {
        assert!(matches!(error_of(document), ArrayError::Malformed { .. }), "{document}");
    }
}

#[test]
fn nesting_is_bounded() {
    let nested = |levels: usize| format!("[{}{}]", "[".repeat(levels), "]".repeat(levels));
    assert_eq!(split(&nested(64)).1, Ok(1));
    assert_eq!(error_of(&nested(65)), ArrayError::TooDeep { element: 1, limit: 64 });
    assert!(matches!(error_of(&"[".repeat(100_000)), ArrayError::TooDeep { .. }));
}

#[test]
fn elements_are_bounded_in_length() {
    let limits = ArrayLimits { depth: 64, element_bytes: 8 };
    for sizes in [[usize::MAX], [1], [3]] {
        let (elements, end) = split_in_chunks(br#"["12345","1234567"]"#, &sizes, limits);
        assert_eq!(elements, [br#""12345""#.to_vec()]);
        assert_eq!(end, Err(ArrayError::ElementTooLarge { element: 2, limit: 8 }));
    }
}

#[test]
fn nesting_of_a_document_is_measured_outside_strings() {
    assert!(nests_within(br#"{"a":"[[[[","b":[1]}"#, 2));
    assert!(!nests_within(br#"{"a":"\"[","b":[[1]]}"#, 2));
    assert!(nests_within(br#""unfinished \"#, 0));
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[\\[\\]{}\",\\\\ ]{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec(("[a-z\"\\\\{\\[]{0,4}", inner), 0..6)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn elements_are_those_a_whole_parser_sees(
        array in prop::collection::vec(any_json(), 0..8),
        sizes in prop::collection::vec(1usize..40, 1..8),
        pretty in any::<bool>(),
    ) {
        let document = if pretty { serde_json::to_vec_pretty(&array) } else { serde_json::to_vec(&array) }.unwrap();
        let expected: Vec<Value> = serde_json::from_slice(&document).unwrap();
        let (elements, end) = split_in_chunks(&document, &sizes, ArrayLimits::default());
        let seen: Vec<Value> = elements.iter().map(|element| serde_json::from_slice(element).unwrap()).collect();
        prop_assert_eq!(end, Ok(expected.len() as u64));
        prop_assert_eq!(seen, expected);
    }

    #[test]
    fn a_document_that_is_accepted_whole_by_a_parser_is_accepted_here_and_bytes_never_panic(
        document in "[\\[\\]{}\",:\\\\ 1a]{0,24}",
        sizes in prop::collection::vec(1usize..5, 1..4),
    ) {
        let (elements, end) = split_in_chunks(document.as_bytes(), &sizes, ArrayLimits::default());
        if let Ok(expected) = serde_json::from_str::<Vec<Value>>(&document) {
            prop_assert_eq!(end, Ok(expected.len() as u64));
        } else if end.is_ok() {
            // The outline may fit where the inside does not; then some element is no JSON.
            prop_assert!(elements.iter().any(|element| serde_json::from_slice::<Value>(element).is_err()));
        }
    }
}
