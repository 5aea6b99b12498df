//! Faults that operations declare for themselves.
//!
//! What can go wrong with an operation's own rules is declared beside it, once: its code and text in the
//! envelope, its words for the client's `detail`, and its class. A document's table of codes is exhaustive over
//! the classes, so it has an answer for a fault that was declared after it, and names those that it tells in
//! its own way.

use super::{Cause, Exceeded, Fault};

/// A code and the text that belongs to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    /// What the answer's `status` says.
    pub code: i64,
    /// What its `message` says, to the letter.
    pub message: &'static str,
}

/// What kind of fault it is, for documents without a code of their own for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// A value is not acceptable.
    Value,
    /// A proof that can be used once does not match, was used or has expired.
    Proof,
    /// Something that must be unique exists already.
    Taken,
    /// A limit is used up.
    Limit,
    /// The server failed.
    Failure,
    /// Another server that this one needs failed: a gateway, or the store of pictures.
    Peer,
}

/// A fault that an operation declares. It is a `static`: two are the same where their addresses are.
#[derive(Debug)]
pub struct Declared {
    /// Its name in documents' files, such as `name_taken`.
    pub name: &'static str,
    /// What kind of fault it is.
    pub class: Class,
    /// Its code and text in the envelope.
    pub status: Status,
    /// Plain words for the client.
    pub detail: &'static str,
}

/// A declared fault that has happened.
#[derive(Debug, Clone)]
pub struct Happened {
    /// Which.
    pub declared: &'static Declared,
    /// Its code and text in the envelope this time.
    pub status: Status,
    /// What the log keeps, where the fault is the server's.
    pub cause: Option<Cause>,
    /// The limit that is used up, where it is a limit's.
    pub exceeded: Option<Exceeded>,
}

impl Declared {
    /// It has happened.
    pub fn fault(&'static self) -> Fault {
        self.happened(None, None)
    }

    /// It has happened because of this.
    pub fn caused_by(&'static self, cause: Cause) -> Fault {
        self.happened(Some(cause), None)
    }

    /// It has happened because this limit is used up.
    pub fn exceeded(&'static self, exceeded: Exceeded) -> Fault {
        self.happened(None, Some(exceeded))
    }

    /// It has happened, and has another code and text this time. `cause` is `None` where the log has been told
    /// already.
    pub fn with_status(&'static self, status: Status, cause: Option<Cause>) -> Fault {
        Fault::Declared(Box::new(Happened { declared: self, status, cause, exceeded: None }))
    }

    fn happened(&'static self, cause: Option<Cause>, exceeded: Option<Exceeded>) -> Fault {
        Fault::Declared(Box::new(Happened { declared: self, status: self.status, cause, exceeded }))
    }
}

impl Fault {
    /// Is it this fault, which an operation declares?
    pub fn is(&self, declared: &'static Declared) -> bool {
        self.declared().is_some_and(|it| std::ptr::eq(it, declared))
    }

    /// The fault that an operation declares; `None` for those of all operations.
    pub fn declared(&self) -> Option<&'static Declared> {
        match self {
            Fault::Declared(happened) => Some(happened.declared),
            _ => None,
        }
    }
}
