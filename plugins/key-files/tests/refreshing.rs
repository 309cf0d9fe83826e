//! What a refresh replaces and what it keeps.

#![allow(clippy::unwrap_used)] // a failure here is a failure of the test

use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use provost_key_files::Loaded;
use provost_plugin_api::{Attributes, ClassContext, Conf, Level, ProviderError, Status};

type Lines = Arc<Mutex<Vec<(Level, String)>>>;

fn context() -> (ClassContext, Lines) {
    let lines = Lines::default();
    let log = Arc::clone(&lines);
    let write = move |level, line: &str| log.lock().unwrap().push((level, line.to_owned()));
    let context = ClassContext::new("a.Class", Conf::new(), Attributes::new(), write);
    (context, lines)
}

fn status(loaded: &Loaded<u32>) -> Status {
    loaded.status(|value| {
        let mut status = Status::healthy(value.to_string());
        status.message.push_str("well");
        status
    })
}

#[test]
fn a_refresh_replaces_and_one_that_fails_keeps_and_says_why() {
    let (context, lines) = context();
    let loaded = Loaded::new(1);
    loaded.refresh(&context, || Ok(2)).unwrap();
    assert_eq!(*loaded.get(), 2);
    assert_eq!(status(&loaded).message, "well");
    assert!(lines.lock().unwrap().is_empty());

    let fail = || Err(ProviderError::configuration("key", "no file"));
    let error = loaded.refresh(&context, fail).unwrap_err();
    assert_eq!(error.conf_key(), Some("key"));
    assert_eq!(*loaded.get(), 2);
    let after = status(&loaded);
    assert_eq!(after.generation, "2");
    assert!(after.healthy && after.message.contains("refresh failed"));
    assert!(after.message.ends_with("no file"), "{after}");
    let logged = lines.lock().unwrap();
    assert!(matches!(&logged[..], [(Level::Warn, line)] if line.ends_with("no file")));

    loaded.refresh(&context, || Ok(3)).unwrap();
    assert_eq!(status(&loaded).message, "well");
}

#[test]
fn what_was_read_first_does_not_replace_what_was_read_later() {
    let (context, _) = context();
    let loaded = Loaded::new(0);
    let (reading, begun) = channel();
    let (ended, done) = channel();
    std::thread::scope(|scope| {
        let (loaded, context) = (&loaded, &context);
        scope.spawn(move || {
            begun.recv().unwrap();
            loaded.refresh(context, || Ok(2)).unwrap();
            ended.send(()).unwrap();
        });
        let first = loaded.refresh(context, || {
            reading.send(()).unwrap();
            // If the other refresh could end before this one, it would do so now.
            let _ = done.recv_timeout(Duration::from_millis(300));
            Ok(1)
        });
        first.unwrap();
    });
    assert_eq!(*loaded.get(), 2);
}
