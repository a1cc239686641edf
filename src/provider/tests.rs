use super::*;

const TEXT: String = String::new();

/// Every failure, with the status that it tells of and what it means for a resend.
fn failures() -> [(ProviderError, Option<u16>, ResendEnd<'static>); 14] {
    let (retry_after, message) = (None, TEXT);
    let credential = Credential::Unclear;
    [
        (ProviderError::NotSent { message: TEXT }, None, ResendEnd::NotSent),
        (ProviderError::Unaddressable { message: TEXT }, None, ResendEnd::Rejected),
        (ProviderError::Throttled { retry_after }, Some(429), ResendEnd::Rejected),
        (ProviderError::QuotaExhausted { retry_after }, Some(403), ResendEnd::Rejected),
        (ProviderError::CredentialsRefused { credential, status: 401, message }, Some(401), ResendEnd::Rejected),
        (ProviderError::UnknownPath { message: TEXT }, Some(404), ResendEnd::Rejected),
        (ProviderError::NotFound { message: TEXT }, Some(404), ResendEnd::Rejected),
        (ProviderError::Rejected { status: 422, message: TEXT }, Some(422), ResendEnd::Rejected),
        (ProviderError::Redirected { status: 302, target: TEXT }, Some(302), ResendEnd::Rejected),
        (ProviderError::Server { status: 503, message: TEXT, retry_after }, Some(503), ResendEnd::Unanswered),
        (ProviderError::TimedOut { after: Duration::from_secs(60) }, None, ResendEnd::Unanswered),
        (ProviderError::Interrupted { message: TEXT }, None, ResendEnd::Unanswered),
        (ProviderError::Unreadable { message: TEXT }, None, ResendEnd::Unanswered),
        (ProviderError::TooLarge { limit: 1 }, None, ResendEnd::Unanswered),
    ]
}

#[test]
fn only_a_request_that_was_not_written_or_was_turned_down_leaves_no_doubt() {
    for (error, status, end) in failures() {
        assert_eq!((error.status_code(), error.resend_end()), (status, end), "{error:?}");
    }
}

#[test]
fn every_failure_has_a_hint_that_says_what_to_do() {
    for (error, _, _) in failures() {
        assert!(error.hint().len() > 30, "{error:?}: {}", error.hint());
    }
    for credential in [Credential::ApiKey, Credential::SubscriptionKey, Credential::Unclear] {
        assert!(credential.hint().contains("KEY"), "{credential:?}");
    }
    assert!(Credential::SubscriptionKey.hint().contains("HOOKMEND_SUBSCRIPTION_KEY"));
    assert!(Credential::ApiKey.hint().contains("HOOKMEND_API_KEY"));
}

#[test]
fn whoever_can_not_prove_to_be_the_provider_is_not_taken_for_a_vendor_that_is_down() {
    let not_sent = |message: &str| ProviderError::NotSent { message: message.to_owned() };
    let unproven = not_sent("invalid peer certificate: UnknownIssuer");
    assert!(unproven.hint().contains("--ca-file"), "{}", unproven.hint());
    assert_eq!(not_sent("connection refused").hint(), hints::UNAVAILABLE);
}

#[test]
fn a_wait_that_the_vendor_asks_for_is_told() {
    let throttled = |seconds: Option<u64>| ProviderError::Throttled { retry_after: seconds.map(Duration::from_secs) };
    assert_eq!(throttled(None).to_string(), "throttled by the vendor");
    assert_eq!(throttled(Some(7)).to_string(), "throttled by the vendor; it asks to wait 7 s");
}

#[test]
fn filters_have_their_published_names() {
    assert_eq!([ListFilter::Failed.name(), ListFilter::All.name()], ["failed", "all"]);
}
