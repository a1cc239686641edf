//! Who may open a ledger, and what is not one.

use std::fs;
use std::path::{Path, PathBuf};

use crate::attempt::Conclusion;
use crate::ledger::{History, Journal, Ledger, LedgerError, files, lock, schema};

use super::{World, at, attempt, of_event, request, run_start, unusable, webhook};

// The lock

#[test]
fn a_second_run_is_told_who_holds_the_ledger_and_gets_it_afterwards() {
    let world = World::new();
    let first = world.lock();
    let refused = world.ledger.lock("hookmend resend", at(5)).unwrap_err();
    let LedgerError::Locked { path, holder } = refused else { panic!("{refused}") };
    assert_eq!(path, world.path());
    let expected = format!("hookmend reconcile, pid {}, since 2026-05-28T20:26:40Z", std::process::id());
    assert_eq!(holder.as_deref(), Some(expected.as_str()));
    drop(first);
    drop(world.ledger.lock("hookmend resend", at(5)).unwrap());
}

#[test]
fn what_a_dead_run_left_in_the_lock_file_stops_nobody_and_the_file_stays() {
    let world = World::new();
    let lock_file = lock::lock_path(world.path());
    fs::write(&lock_file, "hookmend reconcile, pid 1, since 1970-01-01T00:00:00Z\n").unwrap();
    let guard = world.lock();
    assert!(fs::read_to_string(&lock_file).unwrap().contains(&format!("pid {}", std::process::id())));
    drop(guard);
    assert_eq!(fs::read_to_string(&lock_file).unwrap(), "");
}

#[test]
fn a_hostile_lock_file_can_neither_steer_a_terminal_nor_fill_a_screen() {
    let world = World::new();
    let held = fs::File::create(lock::lock_path(world.path())).unwrap();
    held.try_lock().unwrap();
    fs::write(lock::lock_path(world.path()), format!("\u{1b}[2J\u{7}{}", "x".repeat(10_000))).unwrap();
    let refused = world.ledger.lock("hookmend reconcile", at(0)).unwrap_err();
    let LedgerError::Locked { holder: Some(holder), .. } = refused else { panic!("{refused}") };
    assert!(holder.len() <= 300 && !holder.contains(char::is_control), "{holder:?}");
}

#[test]
fn a_refused_ledger_does_not_stay_locked() {
    let world = World::new();
    fs::write(world.path(), "not a ledger").unwrap();
    unusable(world.ledger.lock("hookmend reconcile", at(0)));
    fs::remove_file(world.path()).unwrap();
    drop(world.lock());
}

// What is no ledger, or not ours

#[test]
fn a_file_that_is_no_database_is_refused_and_stays_as_it_is() {
    for garbage in [b"short".to_vec(), b"x".to_vec(), b"{\"events\":[]}\n".repeat(5_000)] {
        let world = World::new();
        fs::write(world.path(), &garbage).unwrap();
        let message = unusable(world.ledger.lock("hookmend reconcile", at(0)));
        assert!(message.contains("name another file"), "{message}");
        unusable(world.ledger.open_read());
        assert_eq!(fs::read(world.path()).unwrap(), garbage);
    }
}

#[tokio::test]
async fn a_damaged_ledger_is_refused_with_what_to_do_and_stays_as_it_is() {
    let world = World::new();
    let guard = world.begin("run-1").await;
    for number in 0..300 {
        attempt(&guard, &format!("event-{number}"), Conclusion::Refused).await;
    }
    drop(guard);
    let mut bytes = fs::read(world.path()).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 8_192].fill(0xA5);
    fs::write(world.path(), &bytes).unwrap();
    let message = unusable(world.ledger.lock("hookmend reconcile", at(0)));
    assert!(message.contains("damaged") && message.contains("backup"), "{message}");
    assert_eq!(fs::read(world.path()).unwrap(), bytes);
}

/// An index says where an attempt stands. One that says something else than the row hides the attempt.
#[tokio::test]
async fn no_changed_byte_hides_an_attempt_in_doubt() {
    let world = World::new();
    let guard = world.begin("run-1").await;
    attempt(&guard, "event-1", Conclusion::InDoubt).await;
    drop(guard);
    let whole = fs::read(world.path()).unwrap();
    let name = webhook().to_string().into_bytes();
    let places: Vec<usize> = (0..whole.len()).filter(|place| whole[*place..].starts_with(&name)).collect();
    assert!(places.len() > 3, "the row and three indexes name the webhook");
    for place in places {
        let mut damaged = whole.clone();
        damaged[place] ^= 1;
        fs::write(world.path(), &damaged).unwrap();
        // Where a row itself says something else, nobody can know, and this row has no such place.
        match world.ledger.lock("hookmend reconcile", at(0)) {
            Ok(guard) => assert_eq!(of_event(&guard, "event-1").await.open.len(), 1, "changed at {place}"),
            Err(error) => assert!(matches!(error, LedgerError::Unusable { .. }), "{error}"),
        }
    }
}

#[tokio::test]
async fn a_ledger_that_lost_its_content_and_not_its_journal_is_refused() {
    let world = World::new();
    let guard = world.begin("run-1").await;
    attempt(&guard, "event-1", Conclusion::InDoubt).await;
    let after_kill = World::new();
    fs::copy(files::beside(world.path(), "-wal"), files::beside(after_kill.path(), "-wal")).unwrap();
    fs::write(after_kill.path(), b"").unwrap();
    let journal = fs::read(files::beside(after_kill.path(), "-wal")).unwrap();
    assert!(unusable(after_kill.ledger.open_read()).contains("damaged"));
    assert!(unusable(after_kill.ledger.look()).contains("damaged"));
    assert!(unusable(after_kill.ledger.lock("hookmend reconcile", at(0))).contains("damaged"));
    assert_eq!(fs::read(files::beside(after_kill.path(), "-wal")).unwrap(), journal);
}

#[tokio::test]
async fn a_ledger_of_a_newer_hookmend_is_read_and_not_written() {
    let world = World::new();
    let guard = world.begin("run-1").await;
    attempt(&guard, "event-1", Conclusion::InDoubt).await;
    drop(guard);
    world.sql(&format!("PRAGMA user_version = {}", schema::current_version() + 1));
    let before = fs::read(world.path()).unwrap();
    let message = unusable(world.ledger.lock("hookmend reconcile", at(0)));
    assert!(message.contains("written by a newer hookmend"), "{message}");
    assert_eq!(world.history("event-1").await.open.len(), 1);
    assert_eq!(fs::read(world.path()).unwrap(), before);
}

#[tokio::test]
async fn a_value_that_is_not_understood_is_an_error_and_no_guess() {
    let strange = [
        "conclusion = 'teleported'",
        "settlement = 'forgotten'",
        "status_before = 'sideways'",
        "event_id = ''",
        "runs_before = -1",
        "runs_after = 99999999999",
        "intent_at = 9223372036854775807",
    ];
    for change in strange {
        let world = World::new();
        let guard = world.begin("run-1").await;
        drop(guard.record_intent(request("event-1"), at(1)).await.unwrap());
        world.sql(&format!("UPDATE attempts SET {change}"));
        let message = unusable(guard.of_webhook(&webhook()).await);
        assert!(message.contains("does not understand"), "{change}: {message}");
    }
}

#[test]
fn what_a_run_killed_while_it_made_the_ledger_left_behind_stops_nobody() {
    let world = World::new();
    let draft = files::beside(world.path(), ".new");
    for half in [&b""[..], b"SQLite format 3\0", b"anything"] {
        fs::write(&draft, half).unwrap();
        for suffix in ["-journal", "-wal", "-shm"] {
            fs::write(files::beside(&draft, suffix), b"half a page").unwrap();
            fs::write(files::beside(world.path(), suffix), b"half a page").unwrap();
        }
        assert!(world.ledger.open_read().unwrap().is_none());
        drop(world.lock());
        let left: Vec<_> = fs::read_dir(world.folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(left.iter().all(|name| !name.to_string_lossy().contains(".new")), "{left:?}");
        fs::remove_file(world.path()).unwrap();
    }
}

#[test]
fn a_folder_in_the_place_of_the_ledger_is_refused() {
    let world = World::new();
    fs::create_dir(world.path()).unwrap();
    unusable(world.ledger.lock("hookmend reconcile", at(0)));
    unusable(world.ledger.open_read());
}

#[test]
fn a_folder_that_can_not_be_created_is_an_error_with_the_path() {
    let world = World::new();
    let file = world.folder.path().join("file");
    fs::write(&file, "").unwrap();
    let ledger = Ledger::at(file.join("ledger.db"));
    let refused = ledger.lock("hookmend reconcile", at(0)).unwrap_err();
    assert!(matches!(&refused, LedgerError::Io { path, .. } if path == ledger.path()), "{refused}");
}

#[test]
fn a_bare_name_is_always_a_file() {
    assert_eq!(Ledger::at(":memory:").path(), PathBuf::from("./:memory:"));
}

#[cfg(unix)]
mod permissions {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[tokio::test]
    async fn folder_and_files_are_created_for_the_owner_alone() {
        let world = World::new();
        let ledger = Ledger::at(world.folder.path().join("state/hookmend/ledger.db"));
        let guard = ledger.lock("hookmend reconcile", at(0)).unwrap();
        guard.record_run_start(run_start("run-1")).await.unwrap();
        for folder in ["state", "state/hookmend"] {
            assert_eq!(mode(&world.folder.path().join(folder)), 0o700, "{folder}");
        }
        for suffix in ["", "-wal", "-shm", ".lock"] {
            assert_eq!(mode(&files::beside(ledger.path(), suffix)), 0o600, "ledger.db{suffix}");
        }
    }

    #[test]
    fn a_ledger_that_others_may_read_is_tightened() {
        let world = World::new();
        drop(world.lock());
        fs::set_permissions(world.path(), fs::Permissions::from_mode(0o644)).unwrap();
        let _guard = world.lock();
        assert_eq!(mode(world.path()), 0o600);
        assert_eq!(mode(&files::beside(world.path(), "-wal")), 0o600);
    }

    #[test]
    fn a_file_that_is_no_ledger_keeps_its_readers() {
        let world = World::new();
        fs::write(world.path(), "somebody else's file").unwrap();
        fs::set_permissions(world.path(), fs::Permissions::from_mode(0o644)).unwrap();
        unusable(world.ledger.lock("hookmend reconcile", at(0)));
        assert_eq!(mode(world.path()), 0o644);
    }

    #[test]
    fn a_symbolic_link_is_refused_because_it_would_be_a_second_lock() {
        let world = World::new();
        drop(world.lock());
        let link = world.folder.path().join("link.db");
        symlink(world.path(), &link).unwrap();
        let message = unusable(Ledger::at(&link).lock("hookmend reconcile", at(0)));
        assert!(message.contains("symbolic link"), "{message}");
        unusable(Ledger::at(&link).open_read());
    }

    #[test]
    fn a_symbolic_link_in_the_place_of_the_lock_is_refused_and_its_target_kept() {
        let world = World::new();
        let victim = world.folder.path().join("victim");
        fs::write(&victim, "precious").unwrap();
        symlink(&victim, lock::lock_path(world.path())).unwrap();
        unusable(world.ledger.lock("hookmend reconcile", at(0)));
        assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
    }
}
