//! What a task came to, for who waits for it.

use std::future::pending;
use std::panic::resume_unwind;

use tokio::task::JoinError;

/// The task's result. A panic goes on here.
pub(super) async fn joined<T>(task: Result<T, JoinError>) -> T {
    match task.map_err(JoinError::try_into_panic) {
        Ok(result) => result,
        Err(Ok(panic)) => resume_unwind(panic),
        // The runtime is shutting down, and who waits with it.
        Err(Err(_)) => pending().await,
    }
}
