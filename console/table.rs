//! Tables of what an operation lists.

use super::form::{self, Form};
use super::{Words, say};
use engine::console::PageRequest;
use maud::{Markup, html};
use serde_json::Value;

/// A column.
pub struct Column {
    /// The key of the row's value.
    pub key: &'static str,
    /// What the head says.
    pub title: Words,
    /// How the value is shown.
    pub show: Show,
}

/// How a value is shown.
pub enum Show {
    /// As it is.
    Text,
    /// As it is, and not broken into lines: a time, a number.
    Fixed,
    /// One of two texts: for true, for false.
    Flag(Words, Words),
    /// As a link to a page, which takes it as this parameter: path, parameter.
    Link(&'static str, &'static str),
    /// One of several texts: of 1, of 2.
    Kind(Words, Words),
    /// As it was sent: an object.
    Json,
}

/// What can be done with a row.
pub struct Action {
    /// The form.
    pub form: Form,
    /// The operation's fields and the row's keys that they are taken from.
    pub keys: &'static [(&'static str, &'static str)],
    /// Only for rows of which this key has this value.
    pub only: Option<(&'static str, bool)>,
}

/// The text of a value.
pub fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

/// A table of rows; `more` are values of the actions' fields that all rows share.
pub fn table(
    request: &PageRequest,
    rows: &Value,
    columns: &[Column],
    actions: &[Action],
    more: &[(&str, &str)],
) -> Markup {
    let rows = rows.as_array().map(Vec::as_slice).unwrap_or_default();
    let may_act = actions.iter().any(|action| request.may(action.form.least));
    html! {
        @if rows.is_empty() {
            p.empty { (say(request, ["Nothing is here.", "这里没有内容。"])) }
        } @else {
            div.scroll tabindex="0" role="region" aria-label=(say(request, ["Table", "表格"])) {
                table {
                    thead { tr {
                        @for column in columns { th scope="col" { (say(request, column.title)) } }
                        @if may_act { th scope="col" { (say(request, ["Actions", "操作"])) } }
                    } }
                    tbody {
                        @for row in rows {
                            tr {
                                @for column in columns { (cell(request, column, &row[column.key])) }
                                @if may_act {
                                    td.actions {
                                        @for action in actions { (act(request, action, row, more)) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn act(request: &PageRequest, action: &Action, row: &Value, more: &[(&str, &str)]) -> Markup {
    if action.only.is_some_and(|(key, value)| row[key].as_bool() != Some(value)) {
        return html! {};
    }
    let own: Vec<_> = action.keys.iter().map(|(field, key)| (*field, text(&row[key]))).collect();
    let own = own.iter().map(|(field, value)| (*field, value.as_str()));
    let values: Vec<(&str, &str)> = own.chain(more.iter().copied()).collect();
    form::button(request, &action.form, &values)
}

fn cell(request: &PageRequest, column: &Column, value: &Value) -> Markup {
    let shown = text(value);
    match column.show {
        Show::Text => html! { td { (shown) } },
        Show::Fixed => html! { td.fixed { (shown) } },
        Show::Flag(yes, no) => {
            html! { td { (say(request, if value == &Value::Bool(true) { yes } else { no })) } }
        }
        Show::Kind(one, two) => {
            html! { td { (say(request, if shown == "1" { one } else { two })) } }
        }
        Show::Link(path, parameter) => {
            let mut query = form_urlencoded::Serializer::new(String::new());
            query.append_pair(parameter, &shown);
            html! { td { a href=(format!("{path}?{}", query.finish())) { (shown) } } }
        }
        Show::Json if value.is_null() => html! { td {} },
        Show::Json => html! { td { code { (shown) } } },
    }
}
