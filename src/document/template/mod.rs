//! What a document answers: JSON with placeholders, read once and written for each request.
//!
//! A text that holds `${…}` is a placeholder: a [source](expression::Source), the keys that lead into it, and
//! [functions](function::Function) from a closed list. A placeholder that is the whole text keeps the type of its
//! value; in a longer text it becomes a part of that. `$${` stands for `${`. An object with the keys `$each` and `$as` is a list made
//! of a list; one with `$when`, `$then` and `$else` is one of two.

pub(crate) mod expression;
pub(crate) mod function;
mod parse;
mod render;
mod schema;
pub(crate) mod source;

pub(crate) use expression::{Expression, Source};
pub(crate) use function::RequestField;
pub(crate) use parse::{Scope, fields_of, parse};
pub(crate) use render::{Context, Tree};
pub(crate) use schema::{Schemas, no_field};

/// JSON with placeholders.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Template {
    /// JSON text that is always the same.
    Constant(String),
    /// A value.
    Value(Expression),
    /// Text made of pieces.
    Text(Vec<Piece>),
    /// An object.
    Object(Vec<Entry>),
    /// A list.
    List(Vec<Template>),
    /// A list with an element for each of another list.
    Each {
        /// That list; another value counts as an empty one.
        list: Expression,
        /// The element.
        element: Box<Template>,
    },
    /// One of two.
    When {
        /// What decides: `false`, `null`, 0 and what is empty stand for no.
        condition: Expression,
        /// If so.
        then: Box<Template>,
        /// If not.
        otherwise: Box<Template>,
    },
    /// Nothing: the key of the object that would have it is left out.
    Nothing,
}

/// A piece of a text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Piece {
    /// It stands as it is.
    Constant(String),
    /// A value, as text.
    Value(Expression),
}

/// A key of an object.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    /// The key.
    pub key: String,
    /// The key as JSON, with the colon.
    pub label: String,
    /// Its value.
    pub value: Template,
}

impl Template {
    /// Visit every expression.
    pub(crate) fn visit(&self, visit: &mut impl FnMut(&Expression)) {
        match self {
            Template::Constant(_) | Template::Nothing => {}
            Template::Value(expression) => visit(expression),
            Template::Text(pieces) => {
                for piece in pieces {
                    if let Piece::Value(expression) = piece {
                        visit(expression);
                    }
                }
            }
            Template::Object(entries) => entries.iter().for_each(|entry| entry.value.visit(visit)),
            Template::List(elements) => elements.iter().for_each(|element| element.visit(visit)),
            Template::Each { list, element } => {
                visit(list);
                element.visit(visit);
            }
            Template::When { condition, then, otherwise } => {
                visit(condition);
                then.visit(visit);
                otherwise.visit(visit);
            }
        }
    }
}

#[cfg(test)]
mod tests;
