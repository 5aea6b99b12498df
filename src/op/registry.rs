//! The registry: finds an operation by `(type, subtype)`. Filled once at the start.

use super::called::Called;
use super::{File, Lane, Name, Op, Reply};
use crate::caller::{AdminRole, Caller, Credentials};
use crate::data::Fields;
use crate::data::field::wire_key;
use crate::data::schema::FieldSchema;
use crate::db::WriteRun;
use crate::engine::Engine;
use crate::fault::{Fault, FaultKind, caught};
use crate::metrics::{CallTimer, OpMetrics, OpSnapshot};
use crate::status::Status;
use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};
use serde_json::Value;
use std::any::TypeId;
use std::sync::Arc;

/// An operation in the registry, with its type erased.
pub struct RegisteredOp {
    /// The name it is registered under.
    pub name: Name,
    /// Must the caller be logged in?
    pub needs_login: bool,
    /// The envelope's `data` if it ends in a fault.
    pub empty_data: &'static str,
    /// The envelope's code and text for a fault.
    pub status: fn(&Fault) -> Status,
    /// Is one of its fields a file? If not, all of its data is short.
    pub takes_file: bool,
    /// Is its reply a picture?
    pub replies_file: bool,
    /// Does it change something?
    pub changes: bool,
    /// Can it write to the database?
    may_write: bool,
    /// How much memory for its answer is reserved before it runs, in bytes.
    pub reserved_reply_bytes: usize,
    /// The name of the operation of which this is an alias.
    pub alias_of: Option<Name>,
    /// Does a key that is none of its fields refuse its data?
    pub refuses_unknown: bool,
    /// Data that it takes, as JSON.
    pub example: &'static str,
    /// What it does, in plain words.
    pub description: fn() -> String,
    /// Its fields: of data in several shapes, one group a shape.
    pub shapes: fn() -> Vec<Vec<FieldSchema>>,
    /// What its reply looks like.
    pub reply_schema: fn(&mut SchemaGenerator) -> Schema,
    /// The role that it asks of an admin; `None` where it is not for admins.
    pub role: Option<AdminRole>,
    caller_faults: &'static [FaultKind],
    own_faults: &'static [FaultKind],
    needs_space: bool,
    fields: &'static [&'static [&'static str]],
    /// Is it one job of the writer's, with a short answer?
    pub is_one_write: bool,
    begin: fn(&Arc<Engine>, &mut Fields<'_>, Credentials, Option<&mut WriteRun>) -> Begun,
    refused: fn(&Arc<Engine>, &Credentials, Fault) -> Fault,
    metrics: Box<OpMetrics>,
}

/// Every operation by its name.
#[derive(Default)]
pub struct Registry {
    /// Sorted by name, so that a lookup needs no allocation.
    entries: Vec<RegisteredOp>,
    /// The keys of all operations' data, sorted.
    keys: Vec<&'static str>,
}

/// A name was registered twice.
#[derive(Debug, thiserror::Error)]
#[error("{0}/{1}: registered twice")]
pub struct RegisteredTwice(&'static str, &'static str);

impl Registry {
    /// Register an operation under its name and its aliases.
    pub fn op<O: Op>(&mut self) -> Result<&mut Self, RegisteredTwice> {
        for name in std::iter::once(&O::NAME).chain(O::ALIASES) {
            match self.find(name.0, name.1) {
                Ok(_) => return Err(RegisteredTwice(name.0, name.1)),
                Err(index) => self.entries.insert(
                    index,
                    RegisteredOp {
                        name: *name,
                        needs_login: O::Caller::NEEDS_LOGIN,
                        empty_data: O::EMPTY_DATA,
                        status: O::status,
                        takes_file: O::TAKES_FILE,
                        replies_file: TypeId::of::<O::Reply>() == TypeId::of::<File>(),
                        changes: O::Lane::CHANGES,
                        may_write: O::Lane::MAY_WRITE,
                        reserved_reply_bytes: O::RESERVED_REPLY_BYTES,
                        alias_of: (*name != O::NAME).then_some(O::NAME),
                        refuses_unknown: O::REFUSES_UNKNOWN,
                        example: O::EXAMPLE,
                        description: O::description,
                        shapes: O::shapes,
                        reply_schema: O::Reply::schema,
                        role: O::Caller::ROLE,
                        caller_faults: O::Caller::FAULTS,
                        own_faults: O::FAULTS,
                        needs_space: O::NEEDS_SPACE,
                        fields: O::FIELDS,
                        is_one_write: O::Lane::IS_ONE_WRITE && O::RESERVED_REPLY_BYTES == 0,
                        begin: begin::<O>,
                        refused: refused::<O>,
                        metrics: Box::default(),
                    },
                ),
            }
        }
        for key in O::FIELDS.iter().copied().flatten().map(|key| wire_key(key)) {
            if let Err(index) = self.keys.binary_search(&key) {
                self.keys.insert(index, key);
            }
        }
        Ok(self)
    }

    /// Is `key` a field of any operation?
    pub fn knows(&self, key: &str) -> bool {
        self.keys.binary_search(&key).is_ok()
    }

    /// The operation `kind`/`subtype`.
    pub fn get(&self, kind: &str, subtype: &str) -> Option<&RegisteredOp> {
        self.entries.get(self.find(kind, subtype).ok()?)
    }

    /// All operations, in the order of their names.
    pub fn entries(&self) -> impl Iterator<Item = &RegisteredOp> {
        self.entries.iter()
    }

    /// The names of all operations, in order.
    pub fn names(&self) -> impl Iterator<Item = Name> {
        self.entries().map(|entry| entry.name)
    }

    /// The metrics of each operation.
    pub(crate) fn counted(&self) -> Vec<OpSnapshot> {
        self.entries().map(|entry| entry.metrics.get(entry.name)).collect()
    }

    fn find(&self, kind: &str, subtype: &str) -> Result<usize, usize> {
        self.entries.binary_search_by(|entry| entry.name.cmp(&(kind, subtype)))
    }
}

impl RegisteredOp {
    /// The keys of its fields, each once.
    pub fn fields(&self) -> Vec<&'static str> {
        let mut fields = Vec::new();
        for key in self.fields.iter().copied().flatten().map(|key| wire_key(key)) {
            if !fields.contains(&key) {
                fields.push(key);
            }
        }
        fields
    }

    /// What its reply looks like, as JSON Schema without references.
    pub fn inlined_reply_schema(&self) -> Value {
        let mut settings = SchemaSettings::draft2020_12();
        settings.inline_subschemas = true;
        (self.reply_schema)(&mut settings.into_generator()).into()
    }

    /// The faults that it can end in, each once.
    pub fn faults(&self) -> impl Iterator<Item = FaultKind> {
        let has_fields = self.fields.iter().any(|group| !group.is_empty());
        let implied = [
            // Of data that is too long.
            (true, &[FaultKind::EnvelopeValue][..]),
            (
                has_fields,
                &[
                    FaultKind::Missing,
                    FaultKind::Empty,
                    FaultKind::WrongType,
                    FaultKind::WrongValue,
                    FaultKind::Repeated,
                ],
            ),
            (self.refuses_unknown, &[FaultKind::UnknownParameter]),
            (true, self.caller_faults),
            (self.needs_space, &[FaultKind::NoSpace]),
            // What was written can be unknown only where something is.
            (self.may_write, &[FaultKind::Unsure]),
            // Of queues, limits on requests, batches and the database.
            (
                true,
                &[
                    FaultKind::TooManyAttempts,
                    FaultKind::Database,
                    FaultKind::AnswerTooLarge,
                    FaultKind::Busy,
                    FaultKind::Unknown,
                ],
            ),
        ];
        let implied = implied.into_iter().filter(|(is_implied, _)| *is_implied);
        implied.flat_map(|(_, kinds)| kinds).chain(self.own_faults).copied()
    }

    /// Call the operation. `fields` is its data; the fields it uses are taken out.
    pub fn call(
        &self,
        engine: &Arc<Engine>,
        fields: &mut Fields<'_>,
        credentials: Credentials,
    ) -> Called<'_> {
        let timer = self.metrics.begin();
        let called = match (self.begin)(engine, fields, credentials, None) {
            Begun::Called(called) => called,
            Begun::Refused(fault, credentials) => {
                Called::Ready(Err((self.refused)(engine, &credentials, fault)))
            }
        };
        called.counted(self, timer)
    }

    /// Call the operation as one of several writes that one client sent together: it is queued with the `run`. An error
    /// is the fault of its data, and what came to prove the caller; it is for [`refused`](Self::refused), once what was
    /// sent before has been done.
    pub fn call_in(
        &self,
        engine: &Arc<Engine>,
        fields: &mut Fields<'_>,
        credentials: Credentials,
        run: &mut WriteRun,
    ) -> Result<Called<'_>, (Fault, Credentials)> {
        match (self.begin)(engine, fields, credentials, Some(run)) {
            Begun::Called(called) => Ok(called.counted(self, self.metrics.begin())),
            Begun::Refused(fault, credentials) => Err((fault, credentials)),
        }
    }

    /// Count a call that a limit refused before its data was read.
    pub fn refused_by_limit(&self, fault: &Fault) {
        self.end(self.metrics.begin(), Some(fault));
    }

    /// The fault to answer if the fields are wrong. The caller is proven before the data is read,
    /// so a missing proof comes before `fault`.
    pub fn refused(&self, engine: &Arc<Engine>, credentials: &Credentials, fault: Fault) -> Fault {
        let counted = self.metrics.begin();
        let fault = (self.refused)(engine, credentials, fault);
        self.end(counted, Some(&fault));
        fault
    }

    /// Count a call that has ended.
    pub(super) fn end(&self, counted: CallTimer<'_>, fault: Option<&Fault>) {
        match fault {
            None => counted.done(),
            Some(fault) => {
                debug_assert!(
                    self.faults().any(|kind| kind == fault.kind()),
                    "{:?} does not list {:?}",
                    self.name,
                    fault.kind()
                );
                counted.failed((self.status)(fault).code, fault.cause().is_some());
            }
        }
    }

    /// The status that an envelope has with this result: 0 is success.
    pub(crate) fn code<T>(&self, result: &Result<T, Fault>) -> i64 {
        result.as_ref().map_or_else(|fault| (self.status)(fault).code, |_| 0)
    }
}

/// An operation that was called.
enum Begun {
    Called(Called<'static>),
    /// Its data is wrong, or there is no space. Who calls has not been proven yet.
    Refused(Fault, Credentials),
}

fn begin<O: Op>(
    engine: &Arc<Engine>,
    fields: &mut Fields<'_>,
    credentials: Credentials,
    run: Option<&mut WriteRun>,
) -> Begun {
    match caught(|| O::read(fields)) {
        Ok(_) if O::NEEDS_SPACE && engine.services.disk.check().is_err() => {
            Begun::Refused(Fault::NoSpace, credentials)
        }
        Ok(op) => Begun::Called(O::Lane::dispatch(engine, op, credentials, run)),
        Err(fault) => Begun::Refused(fault, credentials),
    }
}

fn refused<O: Op>(engine: &Arc<Engine>, credentials: &Credentials, fault: Fault) -> Fault {
    if !O::Caller::NEEDS_LOGIN {
        return fault;
    }
    O::Caller::prove(&engine.db.view(), credentials, O::NAME).err().unwrap_or(fault)
}
