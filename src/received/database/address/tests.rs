use super::*;

fn parsed(text: &str) -> DatabaseAddress {
    DatabaseAddress::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn path_of(text: &str) -> PathBuf {
    match parsed(text).engine {
        Engine::Sqlite(path) => path,
        Engine::Postgres(_) => panic!("{text} is a server"),
    }
}

fn server_of(text: &str) -> Server {
    match parsed(text).engine {
        Engine::Postgres(server) => server,
        Engine::Sqlite(_) => panic!("{text} is a file"),
    }
}

#[test]
fn only_the_schemes_of_databases_are_addresses() {
    for text in ["sqlite:a.db", "SQLITE:a.db", "sqlite:///a", "postgres://h/d", "postgresql://h/d"] {
        assert!(DatabaseAddress::is_meant(text), "{text}");
    }
    for text in ["a.log", "-", "postgres", "postgres:log", "mysql://h/d", "C:\\a.log", "sqlite", "logs/sqlite.txt"] {
        assert!(!DatabaseAddress::is_meant(text), "{text}");
    }
}

#[test]
fn a_file_is_named_relatively_absolutely_and_with_percent_signs() {
    let tail = "?table=t&column=c";
    assert_eq!(path_of(&format!("sqlite:a.db{tail}")), Path::new("a.db"));
    assert_eq!(path_of(&format!("sqlite:/srv/a.db{tail}")), Path::new("/srv/a.db"));
    assert_eq!(path_of(&format!("sqlite:///srv/a%20%3f%23.db{tail}")), Path::new("/srv/a ?#.db"));
    let place = parsed("sqlite:a.db?table=%22a.b%22.c&column=event%26id&status=&time=at").place;
    assert_eq!(place.table.map(|table| table.sql()).as_deref(), Some(r#""a.b"."c""#));
    assert_eq!(place.column, Column::Named(Name::new("event&id").unwrap()));
    assert_eq!(place.status, Column::None);
    assert_eq!(place.time, Column::Named(Name::new("at").unwrap()));
}

#[test]
fn a_server_is_named_as_everywhere() {
    let server = server_of("postgres://me:p%40ss@db.example.com:5433/my%20db?table=t&column=c");
    assert_eq!(server.host, Host::Tcp("db.example.com".to_owned()));
    assert_eq!((server.port, server.user.as_deref(), server.database.as_deref()), (5433, Some("me"), Some("my db")));
    assert_eq!(server.password.unwrap().0.expose_secret(), "p@ss");
    assert_eq!((server.encryption, server.binding), (Encryption::Verified, Binding::Prefer));
    let server = server_of("postgresql:///d?host=/run/pg&port=6000&table=t&column=c");
    assert_eq!((server.host, server.port), (Host::Socket("/run/pg".into()), 6000));
    assert_eq!(server_of("postgres://%2Frun%2Fpg/d?table=t").host, Host::Socket("/run/pg".into()));
    assert_eq!(server_of("postgres://[::1]/d?table=t").host, Host::Tcp("::1".to_owned()));
    assert_eq!(server_of("postgres://h/d?table=t&channel_binding=require").binding, Binding::Require);
}

#[test]
fn only_this_machine_is_spoken_to_in_plain_text() {
    for local in ["localhost", "LOCALHOST", "127.0.0.1", "127.8.8.8", "[::1]", "%2Frun"] {
        assert_eq!(server_of(&format!("postgres://{local}/d?table=t")).encryption, Encryption::Plain, "{local}");
        assert_eq!(
            server_of(&format!("postgres://{local}/d?table=t&sslmode=disable")).encryption,
            Encryption::Plain,
            "{local}"
        );
    }
    for other in ["db", "localhost.example.com", "10.0.0.1", "0.0.0.0", "[::]", "127.0.0.1.example.com"] {
        assert_eq!(server_of(&format!("postgres://{other}/d?table=t")).encryption, Encryption::Verified, "{other}");
        assert!(DatabaseAddress::parse(&format!("postgres://{other}/d?table=t&sslmode=disable")).is_err(), "{other}");
    }
    for mode in ["require", "verify-full"] {
        assert_eq!(server_of(&format!("postgres://db/d?sslmode={mode}")).encryption, Encryption::Verified);
        assert_eq!(server_of(&format!("postgres://localhost/d?sslmode={mode}")).encryption, Encryption::Verified);
        assert!(DatabaseAddress::parse(&format!("postgres:///d?host=/run&sslmode={mode}")).is_err());
    }
    for mode in ["allow", "prefer", "verify-ca", "", "Disable"] {
        assert!(DatabaseAddress::parse(&format!("postgres://localhost/d?sslmode={mode}")).is_err(), "{mode}");
    }
}

#[test]
fn what_can_not_be_held_to_is_refused_without_being_repeated() {
    for text in [
        "sqlite:",
        "sqlite:?table=t&column=c",
        "sqlite://hunter2/a.db?table=t&column=c",
        "sqlite:a.db?table=t&column=",
        "sqlite:a.db?table=&column=c",
        "sqlite:a.db?column=c",
        "sqlite:a.db?table=t&column=c&hunter2=hunter2%20",
        "sqlite:a.db?table=t&table=u&column=c",
        "sqlite:a%ff.db?table=t&column=c",
        "sqlite:a.db?table=t&column=c#hunter2",
        "sqlite:a.db?table=t&column=c&statement_timeout=0",
        "sqlite:a.db?table=t&column=c&connect_timeout=soon",
        "postgres://me:hunter2@h1,h2/d?table=t",
        "postgres://me:hunter2@h:99999/d?table=t",
        "postgres://me:hunter2@h:1/d?port=2&table=t",
        "postgres://me:hunter2@h/d?host=i&table=t",
        "postgres://me:hunter2@h/d#x",
        "postgres://me:hunter2%ff@h/d",
        "postgres://me:hunter2@h/d?password=hunter2",
        "postgres://me:12/hunter2@h/d?table=t&column=c",
        "postgres://me:hunter2@h/d?options=-c%20hunter2",
        "postgres://me:hunter2@h/d%00?table=t",
    ] {
        let error = DatabaseAddress::parse(text).expect_err(text);
        let told = format!("{error:?} {error}").replace("parameter hunter2 means", "");
        assert!(!told.contains("hunter2 ") && !told.contains(":hunter2"), "{told}");
    }
}

#[test]
fn a_password_is_never_shown() {
    let address = parsed("postgres://me:hunter2@db:5433/x?table=s.t&column=c");
    assert!(address.has_password() && !parsed("postgres://me@db/x").has_password());
    let told = format!("{address} {address:?}");
    assert!(!told.contains("hunter2"), "{told}");
    assert_eq!(address.to_string(), "postgres://db:5433/x?table=s.t");
}

#[test]
fn the_folder_of_a_settings_file_is_put_before_a_relative_path() {
    let relative = |text| DatabaseAddress::text_relative_to(text, Path::new("/etc/a b/c#d"));
    let text = relative("sqlite:in/a.db?table=t&column=c");
    assert_eq!(path_of(&text), Path::new("/etc/a b/c#d/in/a.db"));
    for same in ["sqlite:/a.db?table=t", "sqlite:///a.db", "postgres://h/d"] {
        assert_eq!(relative(same), same);
    }
}
