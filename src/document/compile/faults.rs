//! The table of a document's faults: a name stands for one fault, for the faults of one class, or for a group.

use super::Surroundings;
use super::answers::{self, AnswerScope};
use crate::document::problem::{Problems, suggestion};
use crate::document::response::{FaultTable, Form};
use crate::document::source::{AnswerSource, DocumentSource, FaultSource, Ordered};
use crate::document::template::{Schemas, Scope, Template, parse};
use crate::fault::{Class, FaultKind};
use crate::op::Registry;
use std::cell::RefCell;
use std::ops::Range;
use std::sync::Arc;

/// A group of faults: its name, whether a fault is in it, and what they have in common.
type Group = (&'static str, fn(FaultKind) -> bool, &'static str);

/// The groups of faults.
pub(crate) const GROUPS: [Group; 5] = [
    ("login", is_login, "there is no login, or none that is valid"),
    ("request", is_request, "the request is not as the operation wants it"),
    ("limits", is_limit, "a limit or a quota is used up"),
    ("server", is_server, "the server, or one that it needs, failed"),
    ("any", |_| true, "every fault"),
];

/// The classes of faults that operations declare for themselves.
pub(crate) const CLASSES: [(&str, Class, &str); 6] = [
    ("value", Class::Value, "a value that an operation refuses for a reason of its own"),
    ("proof", Class::Proof, "a captcha or a code does not match, was used or has expired"),
    ("taken", Class::Taken, "something that must be unique exists already"),
    ("quota", Class::Limit, "a quota of an operation's own is used up"),
    ("failure", Class::Failure, "an operation's own failure of the server"),
    ("peer", Class::Peer, "a gateway, or the store of pictures, failed"),
];

fn is_login(kind: FaultKind) -> bool {
    matches!(
        kind,
        FaultKind::NoCredentials
            | FaultKind::BadToken
            | FaultKind::StaleToken
            | FaultKind::AccountGone
    )
}

fn is_request(kind: FaultKind) -> bool {
    matches!(
        kind,
        FaultKind::EnvelopeKey
            | FaultKind::EnvelopeValue
            | FaultKind::NoSuchOperation
            | FaultKind::Missing
            | FaultKind::Empty
            | FaultKind::WrongType
            | FaultKind::WrongValue
            | FaultKind::Repeated
            | FaultKind::UnknownParameter
            | FaultKind::Conflict
    ) || has_class(kind, Class::Value)
}

fn is_limit(kind: FaultKind) -> bool {
    matches!(kind, FaultKind::LimitReached | FaultKind::TooManyAttempts)
        || has_class(kind, Class::Limit)
}

fn is_server(kind: FaultKind) -> bool {
    matches!(
        kind,
        FaultKind::Database
            | FaultKind::Unsure
            | FaultKind::NoSpace
            | FaultKind::AnswerTooLarge
            | FaultKind::Busy
            | FaultKind::Unknown
    ) || has_class(kind, Class::Failure)
        || has_class(kind, Class::Peer)
}

fn has_class(kind: FaultKind, class: Class) -> bool {
    matches!(kind, FaultKind::Declared(declared) if declared.class == class)
}

/// All faults that a request to an operation may end in.
pub(crate) fn all_kinds(registry: &Registry) -> Vec<FaultKind> {
    let mut kinds = FaultKind::COMMON.to_vec();
    for kind in registry.entries().flat_map(|entry| entry.faults()) {
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    kinds
}

/// Which faults a name stands for, and how narrow it is: the narrowest name that has a fault counts.
fn meaning(name: &str, kinds: &[FaultKind]) -> Option<(u8, Vec<FaultKind>)> {
    let members = |is_in: &dyn Fn(FaultKind) -> bool| -> Vec<FaultKind> {
        kinds.iter().copied().filter(|kind| is_in(*kind)).collect()
    };
    let own = members(&|kind| kind.name() == name);
    if !own.is_empty() {
        return Some((1, own));
    }
    if let Some((_, class, _)) = CLASSES.iter().find(|(known, ..)| *known == name) {
        return Some((2, members(&|kind| has_class(kind, *class))));
    }
    let (_, is_in, _) = GROUPS.iter().find(|(known, ..)| *known == name)?;
    Some((if name == "any" { 4 } else { 3 }, members(is_in)))
}

/// One entry of a table of faults.
struct Entry<'a> {
    breadth: u8,
    kinds: Vec<FaultKind>,
    key: Option<String>,
    source: &'a FaultSource,
}

/// A document's table, and what tables of single routes are made of.
pub(super) struct Faults<'a> {
    around: Surroundings<'a>,
    document: &'a DocumentSource,
    kinds: Vec<FaultKind>,
    entries: Vec<Entry<'a>>,
    /// The table of routes that say nothing of faults.
    common: Option<Arc<FaultTable>>,
}

impl<'a> Faults<'a> {
    pub(super) fn new(
        document: &'a DocumentSource,
        around: Surroundings<'a>,
        problems: &mut Problems<'_>,
    ) -> Self {
        let kinds = all_kinds(around.registry);
        let entries = entries(&document.faults, &kinds, problems);
        let mut faults = Faults { around, document, kinds, entries, common: None };
        let is_needed = document.routes.iter().any(|route| is_plain(route.get_ref()));
        if is_needed {
            let table = faults.made(&document.failure, &[], &document.name.span(), problems);
            faults.common = Some(Arc::new(table));
        }
        faults
    }

    /// The table of one route.
    pub(super) fn of(
        &self,
        route: &crate::document::source::RouteSource,
        problems: &mut Problems<'_>,
    ) -> Arc<FaultTable> {
        if let Some(common) = self.common.as_ref().filter(|_| is_plain(route)) {
            return Arc::clone(common);
        }
        let own = entries(&route.faults, &self.kinds, problems);
        let failure = route.failure.as_ref().unwrap_or(&self.document.failure);
        Arc::new(self.made(failure, &own, &route.operation.span(), problems))
    }

    fn made(
        &self,
        failure: &AnswerSource,
        own: &[Entry<'_>],
        span: &Range<usize>,
        problems: &mut Problems<'_>,
    ) -> FaultTable {
        let mut table = FaultTable::default();
        let mut missing = Vec::new();
        for kind in &self.kinds {
            // What a route says comes before what the document says.
            match narrowest(own, *kind).or_else(|| narrowest(&self.entries, *kind)) {
                None => missing.push(kind.name()),
                Some(source) => {
                    let form = self.form(failure, source, *kind, span, problems);
                    table.forms.push((*kind, Arc::new(form)));
                }
            }
            for entry in own.iter().chain(&self.entries).filter(|entry| entry.kinds.contains(kind))
            {
                if let Some(key) = &entry.key {
                    let form = self.form(failure, entry.source, *kind, span, problems);
                    table.keyed.push((*kind, key.clone(), Arc::new(form)));
                }
            }
        }
        if !missing.is_empty() {
            let names = missing.join(", ");
            problems.add(
                span,
                format!(
                    "no entry in `[faults]` says what clients are told of: {names}. Add them, or \
                         an entry `any` for all that have none"
                ),
            );
        }
        table
    }

    /// What is answered for one fault.
    fn form(
        &self,
        failure: &AnswerSource,
        fault: &FaultSource,
        kind: FaultKind,
        span: &Range<usize>,
        problems: &mut Problems<'_>,
    ) -> Form {
        let replies = Schemas::default();
        let used = RefCell::default();
        let named = [
            ("name", constant(kind.name())),
            ("status", Template::Constant(kind.example().http_status().to_string())),
        ];
        let scope = Scope {
            steps: &[],
            replies: &replies,
            request: &[],
            answer: &[],
            named: &used,
            fault: Some(&named),
        };
        let mut errors = Vec::new();
        let mut template = |source| parse(source, &scope, &mut errors);
        let code = fault.code.as_ref().map_or(Template::Nothing, &mut template);
        let text = match &fault.text {
            Some(text) => template(text),
            None => answers::detail(),
        };
        let answer: Vec<(String, Template)> = fault
            .answer
            .0
            .iter()
            .map(|(name, source)| (name.get_ref().clone(), template(source)))
            .collect();
        for error in errors {
            problems.add(&error.span, error.text);
        }
        let [name, status] = named;
        let parts = [("code", code), ("text", text), name, status];
        let scope = AnswerScope {
            scope: Scope {
                steps: &[],
                replies: &replies,
                request: &[],
                answer: &answer,
                named: &used,
                fault: Some(&parts),
            },
            status: fault.status,
            what: "failure",
        };
        let form = answers::form(failure, &scope, span, self.around, problems);
        answers::check_named(&fault.answer, &used, "failure", problems);
        form
    }
}

/// The entry for a fault, whatever its key, that has the fewest other faults.
fn narrowest<'e>(entries: &'e [Entry<'_>], kind: FaultKind) -> Option<&'e FaultSource> {
    let with_it = entries.iter().filter(|it| it.key.is_none() && it.kinds.contains(&kind));
    with_it.min_by_key(|entry| entry.breadth).map(|entry| entry.source)
}

/// Does a route say nothing of faults?
fn is_plain(route: &crate::document::source::RouteSource) -> bool {
    route.faults.0.is_empty() && route.failure.is_none() && route.envelope_id.is_none()
}

fn constant(text: &str) -> Template {
    Template::Constant(serde_json::Value::from(text).to_string())
}

fn entries<'a>(
    written: &'a Ordered<FaultSource>,
    kinds: &[FaultKind],
    problems: &mut Problems<'_>,
) -> Vec<Entry<'a>> {
    let mut entries = Vec::new();
    for (name, source) in &written.0 {
        let text = name.get_ref();
        let (fault, key) = match text.split_once(':') {
            Some((fault, key)) => (fault.trim(), Some(key.trim().to_owned())),
            None => (text.as_str(), None),
        };
        match meaning(fault, kinds) {
            Some((breadth, kinds)) => entries.push(Entry { breadth, kinds, key, source }),
            None => {
                let groups = GROUPS.iter().map(|(name, ..)| *name);
                let classes = CLASSES.iter().map(|(name, ..)| *name);
                let names = kinds.iter().map(|kind| kind.name());
                let near = suggestion(fault, groups.chain(classes).chain(names));
                let why = format!(
                    "there is no fault `{fault}`.{near} `guichet document names` lists them"
                );
                problems.add(&name.span(), why);
            }
        }
    }
    entries
}
