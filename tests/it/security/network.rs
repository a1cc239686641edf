//! Somebody on the way to the vendor: who reads along, answers in its place, or leads elsewhere.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::host::{API_KEY, Home, Host, QUESTIONS, SUBSCRIPTION_KEY, answer};
use crate::scene::{Ended, run};

/// Everything that was decrypted by a server; where no connection came about that is nothing.
type Heard = Arc<Mutex<Vec<u8>>>;

/// An authority that the machine does not know.
fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).expect("no names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(rcgen::DnType::CommonName, "a company's own authority");
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("a certificate")
}

/// What is special about a server's certificate.
#[derive(Clone, Copy, Debug)]
enum Certificate {
    Proper,
    OfAnotherHost,
    Expired,
    NotYet,
    SignedByItself,
}

/// A server that answers every request with an empty list, over TLS.
fn encrypted(authority: &CertifiedIssuer<'static, KeyPair>, certificate: Certificate) -> (SocketAddr, Heard) {
    let name = match certificate {
        Certificate::OfAnotherHost => "vendor.example",
        _ => "localhost",
    };
    let mut params = CertificateParams::new([name.to_owned()]).expect("a name");
    match certificate {
        Certificate::Expired => params.not_after = date_time_ymd(2024, 1, 1),
        Certificate::NotYet => params.not_before = date_time_ymd(2999, 1, 1),
        _ => {}
    }
    let key = KeyPair::generate().expect("a key");
    let signed = match certificate {
        Certificate::SignedByItself => params.self_signed(&key),
        _ => params.signed_by(&key, authority),
    };
    let chain = vec![signed.expect("a certificate").der().clone()];
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.expect("versions").with_no_client_auth().with_single_cert(chain, key).expect("a usable key");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let (address, config, heard) = (listener.local_addr().expect("an address"), Arc::new(config), Heard::default());
    let kept = Arc::clone(&heard);
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut connection = rustls::ServerConnection::new(Arc::clone(&config)).expect("a usable configuration");
            let mut tls = rustls::Stream::new(&mut connection, &mut stream);
            let mut request = vec![0; 16_384];
            // A client that does not trust this server says no more.
            let Ok(length) = tls.read(&mut request) else { continue };
            kept.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&request[..length]);
            let _ = tls.write_all(&answer("200 OK", "", b"[]"));
            tls.conn.send_close_notify();
            let _ = tls.flush();
        }
    });
    (address, heard)
}

/// Lists the webhooks of the server by the name that its certificate should bear.
fn ask(address: SocketAddr, authorities: Option<&str>) -> Ended {
    let home = Home::new();
    let mut command = home.program(&["webhooks", "list", "--timeout", "5s", "--base-url"]);
    command.arg(format!("https://localhost:{}/restapi/V2", address.port()));
    if let Some(pem) = authorities {
        std::fs::write(home.0.path().join("ca.pem"), pem).expect("the home is writable");
        command.args(["--ca-file", "ca.pem"]);
    }
    run(&mut command)
}

#[test]
fn a_private_authority_is_trusted_when_it_was_named_and_only_then() {
    let (ours, other) = (authority(), authority());
    let (address, heard) = encrypted(&ours, Certificate::Proper);
    for authorities in [None, Some(other.pem())] {
        let ended = ask(address, authorities.as_deref()).ends_with(12).says("certificate").says("--ca-file");
        assert!(heard.lock().expect("nobody panicked").is_empty(), "{ended}");
    }
    let ended = ask(address, Some(&ours.pem())).ends_with(0);
    let heard = heard.lock().expect("nobody panicked");
    assert!(super::holds(&heard, API_KEY) && super::holds(&heard, SUBSCRIPTION_KEY), "{ended}");
}

#[test]
fn a_certificate_that_proves_nothing_gets_no_request() {
    let ours = authority();
    for certificate in
        [Certificate::OfAnotherHost, Certificate::Expired, Certificate::NotYet, Certificate::SignedByItself]
    {
        let (address, heard) = encrypted(&ours, certificate);
        let ended = ask(address, Some(&ours.pem())).ends_with(12).says("certificate");
        assert!(heard.lock().expect("nobody panicked").is_empty(), "{certificate:?}: {ended}");
    }
}

#[test]
fn a_file_of_authorities_that_can_not_be_read_is_no_reason_to_trust_everybody() {
    let ours = authority();
    let (address, heard) = encrypted(&ours, Certificate::Proper);
    for pem in ["", "not a certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        ask(address, Some(pem)).ends_with(2).says_on_stderr("give a PEM file");
    }
    assert!(heard.lock().expect("nobody panicked").is_empty());
}

#[test]
fn a_redirect_is_not_followed_neither_elsewhere_nor_at_the_same_host() {
    let elsewhere = Host::answering(answer("200 OK", "", b"[]"));
    let targets = [
        "/restapi/V2/api/elsewhere".to_owned(),
        "?to=elsewhere".to_owned(),
        format!("//{}/elsewhere", elsewhere.address),
        format!("http://{}/elsewhere", elsewhere.address),
        format!("http://localhost:{}/elsewhere", elsewhere.address.port()),
    ];
    for status in ["301 M", "302 F", "303 S", "307 T", "308 P", "300 C", "305 U"] {
        for target in &targets {
            let host = Host::answering(answer(status, &format!("Location: {target}\r\n"), b""));
            for question in QUESTIONS {
                run(&mut Home::new().asking(&host.base_url(), question)).ends_with(2).says("--base-url");
            }
            let requests = host.requests();
            assert!(requests.iter().all(|request| !request.contains("elsewhere")), "{status} {target}: {requests:?}");
        }
    }
    assert_eq!(elsewhere.requests(), Vec::<String>::new());
}

#[test]
fn a_way_around_encryption_is_refused_before_anything_is_sent() {
    for address in [
        "http://vendor.example/api",
        "http://localhost.vendor.example/",
        "http://127.0.0.1.vendor.example/",
        "http://0.0.0.0/",
        "http://10.0.0.1/",
        "http://[::ffff:10.0.0.1]/",
        "http://127.0.0.1@vendor.example/",
        "HTTP://VENDOR.EXAMPLE/",
        "ws://vendor.example/",
    ] {
        for question in QUESTIONS {
            run(&mut Home::new().asking(address, question)).ends_with(2).says_on_stderr("hint: ");
        }
    }
}

#[test]
fn a_proxy_sees_nothing_of_what_goes_to_this_machine_and_no_key_of_what_goes_elsewhere() {
    let vendor = Host::answering(answer("200 OK", "", b"[]"));
    let proxy = Host::answering(answer("200 OK", "", b"[]"));
    let through = |command: &mut std::process::Command| {
        for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
            command.env(name, format!("http://{}", proxy.address));
        }
        run(command)
    };
    through(&mut Home::new().asking(&vendor.base_url(), &["webhooks", "list"])).ends_with(0);
    assert_eq!((vendor.requests().len(), proxy.requests().len()), (1, 0));
    through(&mut Home::new().asking("https://vendor.example/restapi/V2", &["webhooks", "list"])).ends_with(12);
    let seen = proxy.requests();
    assert!(
        !seen.is_empty() && seen.iter().all(|request| request.starts_with("CONNECT vendor.example:443")),
        "{seen:?}"
    );
    for request in seen {
        assert!(!request.contains(API_KEY) && !request.contains(SUBSCRIPTION_KEY), "{request}");
    }
}
