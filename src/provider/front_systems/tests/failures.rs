//! What kind of failure each broken connection and each refusal is, and that none repeats a key.

use super::*;
use crate::attempt::ResendEnd;
use crate::provider::Credential;

/// A root certificate that signs nothing; with it no certificates of the system are needed.
const TEST_ROOT: &str = "\
-----BEGIN CERTIFICATE-----\n\
MIIBkTCCATegAwIBAgIUCNJTovXXMsPCGqlfcZ2r1lZZuJEwCgYIKoZIzj0EAwIw\n\
HTEbMBkGA1UEAwwSaG9va21lbmQgdGVzdCByb290MCAXDTI2MTEyMjA3MzIwM1oY\n\
DzIxMjYxMDI5MDczMjAzWjAdMRswGQYDVQQDDBJob29rbWVuZCB0ZXN0IHJvb3Qw\n\
WTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARV/J0sP/7s1jjffzZQ49609MPt8ie3\n\
5hjJ0wTi3YvG7XwEpztSPubmDkQK0Kf2YQACzdbwCTzkZMJAq9URJF+bo1MwUTAd\n\
BgNVHQ4EFgQUPrOrgf1mG8M6RY6gzFIiO668mKwwHwYDVR0jBBgwFoAUPrOrgf1m\n\
G8M6RY6gzFIiO668mKwwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBF\n\
AiANuKDHfWN1lXxf8LNA+K3E2Z3zO8t5EpT/R71Mf8x+6gIhAPjy3ouG2S3RBTga\n\
aOPJUezBdf7Sll6QcZDqJs4JXGvB\n\
-----END CERTIFICATE-----\n";

fn encrypted(port: u16) -> FrontSystems {
    let base_url = Url::parse(&format!("https://127.0.0.1:{port}/")).unwrap();
    let timeout = SHORT;
    let extra_roots = Some(TEST_ROOT.as_bytes().to_vec());
    FrontSystems::new(FrontSystemsConfig { base_url, timeout, extra_roots, ..config(port) }).unwrap()
}

async fn closed_port() -> u16 {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().port()
}

#[tokio::test]
async fn a_refused_connection_was_not_sent() {
    let port = closed_port().await;
    let error = provider(port).resend(&intent("e1")).await.unwrap_err();
    assert_eq!(error.resend_end(), ResendEnd::NotSent);
    assert!(error.to_string().contains(&format!("127.0.0.1:{port}: ")), "{error}");
    assert!(error.to_string().to_lowercase().contains("refused"), "{error}");
}

#[tokio::test]
async fn silence_while_connecting_was_not_sent() {
    // The server waits for a request head and says nothing until the handshake is given up.
    let responder = serving(Step::Hang(Vec::new())).await;
    let error = encrypted(responder.port).resend(&intent("e1")).await.unwrap_err();
    assert!(matches!(error, ProviderError::NotSent { .. }), "{error:?}");
    assert!(responder.requests().is_empty());
}

#[tokio::test]
async fn a_server_that_does_not_speak_tls_was_not_sent_to() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut stream, b"220 mail.example ESMTP\r\n").await.unwrap();
        stream
    });
    let error = encrypted(port).resend(&intent("e1")).await.unwrap_err();
    assert!(matches!(error, ProviderError::NotSent { .. }), "{error:?}");
    drop(server.await.unwrap());
}

#[tokio::test]
async fn silence_after_the_request_is_a_time_out() {
    for begun in ["", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"] {
        let responder = serving(Step::Hang(begun.as_bytes().to_vec())).await;
        let error = impatient(responder.port).resend(&intent("e1")).await.unwrap_err();
        assert_eq!(error, ProviderError::TimedOut { after: SHORT });
        assert_eq!(responder.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_connection_that_breaks_after_the_request_is_interrupted_and_not_tried_again() {
    for begun in ["", "HTTP/1.1 200 OK\r\nConte", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"] {
        for step in [Step::Close(begun.as_bytes().to_vec()), Step::Reset(begun.as_bytes().to_vec())] {
            let error = resend_answered_by(step).await.unwrap_err();
            assert!(matches!(error, ProviderError::Interrupted { .. }), "{begun:?}: {error:?}");
            assert_eq!(error.resend_end(), ResendEnd::Unanswered);
        }
    }
}

#[tokio::test]
async fn a_kept_connection_that_breaks_under_a_request_is_interrupted_and_not_tried_again() {
    for last in [Step::Close(Vec::new()), Step::Reset(Vec::new())] {
        let responder = Responder::start(vec![vec![Step::Send(ok("{}")), last]]).await;
        let provider = provider(responder.port);
        provider.probe().await.unwrap();
        let error = provider.resend(&intent("e1")).await.unwrap_err();
        assert!(matches!(error, ProviderError::Interrupted { .. }), "{error:?}");
        assert_eq!(responder.requests().len(), 2);
    }
}

#[tokio::test]
async fn an_answer_that_is_not_http_is_unreadable() {
    let error = resend_answered_by(Step::Close(b"220 mail.example ESMTP\r\n\r\n".to_vec())).await.unwrap_err();
    assert!(matches!(error, ProviderError::Unreadable { .. }), "{error:?}");
}

#[tokio::test]
async fn a_cut_listing_hands_out_what_came_and_fails() {
    let whole = r#"{"webhookEventId":"a"}"#;
    let cut = format!("[{whole},{{\"webhookEv");
    let chunked = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{cut}\r\n", cut.len());
    let too_short = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{cut}", cut.len() + 9);
    for bytes in [chunked, too_short] {
        let responder = serving(Step::Close(bytes.into_bytes())).await;
        let (events, listing) = list(&provider(responder.port), ListFilter::Failed).await;
        assert_eq!(events.len(), 1);
        assert!(matches!(listing, Err(ProviderError::Interrupted { .. })), "{listing:?}");
    }
    // An answer of the right length whose JSON is cut, and one that ends with the connection.
    let endless = format!("HTTP/1.1 200 OK\r\n\r\n{cut}").into_bytes();
    for bytes in [ok(&cut), endless] {
        let responder = serving(Step::Close(bytes)).await;
        let (events, listing) = list(&provider(responder.port), ListFilter::Failed).await;
        assert_eq!(events.len(), 1);
        let message = listing.unwrap_err().to_string();
        assert!(message.contains("ends in the middle of the list, after 1 whole records"), "{message}");
    }
}

#[tokio::test]
async fn a_listing_of_another_shape_says_what_it_is() {
    for (body, words) in [
        ("", "it is empty instead of a JSON list"),
        ("<html><title>Log in</title></html>", "HTML page titled \"Log in\""),
        (r#"{"message":"no such webhook"}"#, "a JSON object instead of a JSON list"),
        ("null", "null"),
        ("[] []", "something follows the end of the list"),
        ("[{]", "not well-formed JSON"),
    ] {
        let responder = serving(Step::Send(ok(body))).await;
        let (_, listing) = list(&provider(responder.port), ListFilter::Failed).await;
        let error = listing.unwrap_err();
        assert!(matches!(error, ProviderError::Unreadable { .. }), "{error:?}");
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[tokio::test]
async fn an_answer_beyond_the_limit_is_refused() {
    let body = format!("[{}]", " ".repeat(2000));
    let announced = ok(&body);
    let unannounced = format!("HTTP/1.1 200 OK\r\n\r\n{body}").into_bytes();
    for bytes in [announced, unannounced] {
        let responder = serving(Step::Close(bytes)).await;
        let provider =
            FrontSystems::new(FrontSystemsConfig { response_limit: 1000, ..config(responder.port) }).unwrap();
        let (_, listing) = list(&provider, ListFilter::Failed).await;
        assert_eq!(listing, Err(ProviderError::TooLarge { limit: 1000 }));
    }
}

#[tokio::test]
async fn refusals_are_told_apart() {
    let challenge =
        "WWW-Authenticate: AzureApiManagementKey realm=\"x\",name=\"Ocp-Apim-Subscription-Key\",type=\"header\"";
    let refused = |credential, message: &str| ProviderError::CredentialsRefused {
        credential,
        status: 401,
        message: message.to_owned(),
    };
    let wait = |seconds| Some(Duration::from_secs(seconds));
    let limited = r#"{"statusCode":429,"message":"Rate limit is exceeded. Try again in 60 seconds."}"#;
    let dated = "Date: Thu, 09 Dec 2021 12:00:00 GMT\r\nRetry-After: Thu, 09 Dec 2021 12:00:07 GMT";
    for (status, headers, body, expected) in [
        ("401 U", challenge, r#"{"message":"Access denied."}"#, refused(Credential::SubscriptionKey, "Access denied.")),
        ("401 U", "", r#"{"message":"Unauthorized"}"#, refused(Credential::ApiKey, "Unauthorized")),
        ("401 U", "", "", refused(Credential::Unclear, "no explanation")),
        ("429 T", "Retry-After: 5", limited, ProviderError::Throttled { retry_after: wait(5) }),
        ("429 T", dated, limited, ProviderError::Throttled { retry_after: wait(7) }),
        ("429 T", "", limited, ProviderError::Throttled { retry_after: wait(60) }),
        ("429 T", "X-Ratelimit-Reset: 9", "", ProviderError::Throttled { retry_after: wait(9) }),
        ("429 T", "", "", ProviderError::Throttled { retry_after: None }),
        (
            "403 F",
            "",
            r#"{"statusCode":403,"message":"Out of call volume quota. Quota will be replenished in 07:01:20."}"#,
            ProviderError::QuotaExhausted { retry_after: wait(25_280) },
        ),
        (
            "404 N",
            "",
            r#"{"statusCode":404,"message":"Resource not found"}"#,
            ProviderError::UnknownPath { message: "Resource not found".to_owned() },
        ),
        ("404 N", "", "gone", ProviderError::NotFound { message: "gone".to_owned() }),
        ("400 B", "", "bad", ProviderError::Rejected { status: 400, message: "bad".to_owned() }),
        (
            "302 F",
            "Location: https://other.example/login?state=x",
            "",
            ProviderError::Redirected { status: 302, target: "https://other.example/login".to_owned() },
        ),
        (
            "503 S",
            "Retry-After: 4",
            "<html><title>Down</title>",
            ProviderError::Server {
                status: 503,
                message: "an HTML page titled \"Down\" instead of JSON".to_owned(),
                retry_after: wait(4),
            },
        ),
    ] {
        let error = resend_answered_by(Step::Send(answer(status, headers, body))).await;
        assert_eq!(error, Err(expected), "{status} {headers} {body}");
    }
}

#[tokio::test]
async fn a_refusal_stands_when_its_body_breaks_off_or_never_ends() {
    let begun = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 900\r\n\r\nno".to_vec();
    let error = resend_answered_by(Step::Close(begun.clone())).await.unwrap_err();
    assert!(matches!(error, ProviderError::Rejected { status: 400, .. }), "{error:?}");
    let responder = serving(Step::Hang(begun)).await;
    let error = impatient(responder.port).resend(&intent("e1")).await.unwrap_err();
    assert_eq!(error, ProviderError::Rejected { status: 400, message: "no".to_owned() });
}

#[tokio::test]
async fn no_error_and_no_debug_form_repeats_a_key() {
    let echo = format!("{SUBSCRIPTION_KEY} and {API_KEY}");
    let json = format!(r#"{{"message":"{echo}","webhookEventId":"{echo}","id":"{echo}"}}"#);
    let location = format!("Location: /{SUBSCRIPTION_KEY}/{API_KEY}");
    let mut said = Vec::new();
    for status in ["200 OK", "302 F", "400 B", "401 U", "403 F", "404 N", "429 T", "500 E"] {
        for body in [json.clone(), echo.clone(), format!("<title>{echo}</title>"), format!("[{json}")] {
            let bytes = answer(status, &location, &body);
            let responder = Responder::start(vec![vec![Step::Send(bytes); 4]; 4]).await;
            let provider = provider(responder.port);
            said.push(format!("{:?}", provider.resend(&intent("e1")).await.unwrap_err()));
            let error = list(&provider, ListFilter::All).await.1.unwrap_err();
            said.push(format!("{error} {error:?}"));
            let error = provider.list_webhooks().await.unwrap_err();
            said.push(format!("{error} {error:?}"));
            let error = provider.get_event(&webhook(), &event_id("e1")).await.unwrap_err();
            said.push(format!("{error} {error:?}"));
        }
    }
    let config = config(closed_port().await);
    said.push(format!("{config:?}"));
    let unreachable = FrontSystems::new(config.clone()).unwrap();
    said.push(format!("{unreachable:?} {:?}", unreachable.probe().await.unwrap_err()));
    let broken = FrontSystemsConfig { api_key: format!("{API_KEY}\n{API_KEY}").into(), ..config };
    let error = FrontSystems::new(broken).unwrap_err();
    said.push(format!("{error} {error:?}"));
    for text in said {
        assert!(!text.contains("s3cret"), "{text}");
    }
}

#[tokio::test]
async fn settings_that_cannot_work_are_refused_with_what_to_do() {
    let config = config(1);
    let refused = |config| FrontSystems::new(config).unwrap_err().to_string();
    let base_url = Url::parse("http://vendor.example/").unwrap();
    assert!(refused(FrontSystemsConfig { base_url, ..config.clone() }).contains("use https://"));
    let empty = FrontSystemsConfig { subscription_key: " \n".into(), ..config.clone() };
    assert_eq!(refused(empty), "the subscription key is empty; set it");
    let broken = FrontSystemsConfig { api_key: "a\u{7f}b".into(), ..config.clone() };
    assert!(refused(broken).starts_with("the API key holds a character"));
    let base_url = Url::parse("https://vendor.example/").unwrap();
    for pem in ["", "not a certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        let config = FrontSystemsConfig { extra_roots: Some(pem.into()), base_url: base_url.clone(), ..config.clone() };
        assert!(FrontSystems::new(config).is_err(), "{pem}");
    }
    assert!(refused(FrontSystemsConfig { timeout: Duration::ZERO, ..config }).contains("time-out"));
}

#[tokio::test]
async fn a_key_read_from_a_file_may_end_in_a_line_break() {
    let responder = serving(Step::Send(ok("{}"))).await;
    let config = FrontSystemsConfig { api_key: format!("{API_KEY}\r\n").into(), ..config(responder.port) };
    FrontSystems::new(config).unwrap().probe().await.unwrap();
    assert!(responder.requests()[0].contains("x-api-key: integration-s3cret\r\n"));
}
