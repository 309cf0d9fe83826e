//! A program that never calls `serve_if_worker`, as a libtest executable does not.

use provost_worker::{SealedLibrary, Worker, WorkerFailure, WorkerProgram, WorkerSpec, can_serve};

#[test]
fn a_program_that_cannot_serve_is_not_started_as_a_worker() {
    assert!(!can_serve());
    let library = SealedLibrary::seal("libx.so", b"").unwrap();
    let spec = WorkerSpec::new(WorkerProgram::CurrentExe, library, "com.example.X");
    let error = Worker::start(spec).unwrap_err();
    assert_eq!(error.failure, WorkerFailure::NoProgram);
    let hint = error.failure.hint().unwrap();
    assert!(hint.contains("serve_if_worker"), "{hint}");
}
