//! Why a store did not do it, and what the operator can do about it.

use super::refusal::StoreRefusal;
use object_store::client::{HttpError, HttpErrorKind};
use std::error::Error;
use std::fmt;
use std::time::Duration;

/// Why a request to the picture store failed.
pub(super) enum StoreError {
    /// It did not answer in this time.
    Late(Duration),
    /// It could not be asked, or said no.
    Store(object_store::Error),
}

impl StoreError {
    /// Did the store say that there is nothing under the key?
    pub fn is_absence(&self) -> bool {
        self.refusal().is_some_and(StoreRefusal::is_absence)
    }

    /// What the store said, if it was the store that said no.
    fn refusal(&self) -> Option<&StoreRefusal> {
        self.source()
    }

    /// The first source of this type.
    fn source<E: Error + 'static>(&self) -> Option<&E> {
        let StoreError::Store(error) = self else { return None };
        let mut source: Option<&(dyn Error + 'static)> = Some(error);
        while let Some(error) = source {
            if let Some(found) = error.downcast_ref() {
                return Some(found);
            }
            source = error.source();
        }
        None
    }

    /// What the operator can do.
    pub fn advice(&self) -> &'static str {
        if let Some(refusal) = self.refusal() {
            return refusal.advice();
        }
        match self.source().map(HttpError::kind) {
            Some(HttpErrorKind::Connect) => {
                "nobody is reached at store.endpoint: mend it, or the name service, or the firewall"
            }
            _ => "see whether the store at store.endpoint works, or raise store.timeout",
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreError::Late(after) => write!(to, "the store did not answer in {after:?}"),
            StoreError::Store(error) => error.fmt(to),
        }
    }
}
