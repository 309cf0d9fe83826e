//! What a provider has from its files, and how a refresh replaces it.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use provost_plugin_api::{ClassContext, Level, ProviderError, Status};

/// What a provider loaded from its files, and loads anew when it is refreshed: all or nothing.
///
/// While it is loaded anew, calls go on with what there is.
pub struct Loaded<T> {
    state: RwLock<State<T>>,
    /// Held by a refresh from its first read on: what was read earlier never replaces what was
    /// read later.
    refreshing: Mutex<()>,
}

struct State<T> {
    value: Arc<T>,
    /// Why the last refresh failed, if it did: the value is the one from before it.
    failure: Option<String>,
}

impl<T> Loaded<T> {
    /// Holds what was loaded when the provider was built.
    pub fn new(value: T) -> Self {
        Self {
            state: RwLock::new(State {
                value: Arc::new(value),
                failure: None,
            }),
            refreshing: Mutex::default(),
        }
    }

    /// What there is now.
    pub fn get(&self) -> Arc<T> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&state.value)
    }

    /// Replaces what there is by what `load` returns. A failure changes nothing, is logged, and is
    /// in the [`status`](Self::status) until a refresh succeeds.
    pub fn refresh(
        &self,
        context: &ClassContext,
        load: impl FnOnce() -> Result<T, ProviderError>,
    ) -> Result<(), ProviderError> {
        let _refreshing = self
            .refreshing
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let loaded = load();
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        match loaded {
            Ok(value) => {
                *state = State {
                    value: Arc::new(value),
                    failure: None,
                };
                Ok(())
            }
            Err(error) => {
                state.failure = Some(error.message().to_owned());
                drop(state);
                let line = format!("refresh failed, all stays as it was: {}", error.message());
                context.log(Level::Warn, &line);
                Err(error)
            }
        }
    }

    /// The status that `well` makes of what there is; after a refresh that failed, it says why.
    pub fn status(&self, well: impl FnOnce(&T) -> Status) -> Status {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let mut status = well(&state.value);
        if let Some(failure) = &state.failure {
            status.message = format!("the last refresh failed, all stays as it was: {failure}");
        }
        status
    }
}
