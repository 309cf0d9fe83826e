//! Ctrl-C: it stops at once, says how far it came, and another run goes on.

use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::shop::{Shop, all_files};

#[test]
fn an_interrupted_run_says_how_far_it_came_and_leaves_nothing_half_done() {
    let shop = Shop::new();
    for number in 0..400 {
        shop.file(&format!("in/{number}"), vec![7; 40_000]);
    }
    let prefix = shop.uri("store/");
    let args = ["put", "-r", "--jobs", "2", "in", &prefix];
    let mut child = shop.command(&args).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_mins(1);
    // Under way: something is there.
    while all_files(&shop.path("store")).len() < 4 {
        assert!(Instant::now() < deadline);
        std::thread::sleep(Duration::from_millis(5));
    }
    let begun = Instant::now();
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let status = child.wait().unwrap();
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(status.signal(), Some(Signal::INT.as_raw()), "{status:?}");
    let (mut stdout, mut stderr) = (String::new(), String::new());
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut stdout)
        .unwrap();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut stderr)
        .unwrap();
    assert!(stderr.contains("interrupted"), "{stderr}");
    assert!(stdout.contains(" encrypted, "), "{stdout}");
    // Every object that is there opens.
    shop.done(&["verify", "-r", &prefix]);
    shop.done(&["put", "-r", "--skip-existing", "in", &prefix]);
    shop.done(&["get", "-r", &prefix, "out"]);
    assert_eq!(all_files(&shop.path("out")), all_files(&shop.path("in")));
}
