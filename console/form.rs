//! Forms: each calls an operation `admin/…` and leads back to the page that it is on.

use super::{Words, say};
use engine::caller::AdminRole;
use engine::console::PageRequest;
use maud::{Markup, html};

/// A form for one operation.
pub struct Form {
    /// The operation's subtype.
    pub operation: &'static str,
    /// The role that the operation takes; the form is not shown to others.
    pub least: AdminRole,
    /// What its button says.
    pub label: Words,
    /// What is asked before it is done, where that can't be taken back.
    pub warning: Option<Words>,
    /// What is filled in.
    pub fields: &'static [Input],
}

/// A field that is filled in.
pub struct Input {
    /// The operation's field.
    pub name: &'static str,
    /// Its label.
    pub label: Words,
    /// The type of the input: `text`, `password`.
    pub kind: &'static str,
    /// An example, where one helps.
    pub example: &'static str,
    /// Must it be filled in?
    pub is_required: bool,
    /// What is chosen from, the usual one first; empty where text is typed.
    pub choices: &'static [&'static str],
}

impl Input {
    /// A text of one line.
    pub const fn text(name: &'static str, label: Words, example: &'static str) -> Self {
        Input { name, label, kind: "text", example, is_required: false, choices: &[] }
    }

    /// One of several.
    pub const fn choice(
        name: &'static str,
        label: Words,
        choices: &'static [&'static str],
    ) -> Self {
        Input { name, label, kind: "text", example: "", is_required: false, choices }
    }

    /// The same, and it must be filled in.
    pub const fn required(self) -> Self {
        Input { is_required: true, ..self }
    }
}

/// The form with these values in fields that are not shown. Nothing where the admin may not.
pub fn button(request: &PageRequest, form: &Form, values: &[(&str, &str)]) -> Markup {
    let Form { operation, least, label, warning, fields } = form;
    let label = say(request, *label);
    let class = if warning.is_some() { "danger" } else { "plain" };
    let whole = html! {
        form method="post" action=(format!("/do/{operation}")) {
            input type="hidden" name="form_token" value=(request.form_token);
            input type="hidden" name="back" value=(here(request));
            @for (name, value) in values {
                input type="hidden" name=(name) value=(value);
            }
            @for Input { name, label, kind, example, is_required, choices } in *fields {
                label {
                    span { (say(request, *label)) }
                    @if choices.is_empty() {
                        input type=(kind) name=(name) required[*is_required] placeholder=[Some(*example).filter(|it| !it.is_empty())]
                            autocomplete=(if *kind == "password" { "new-password" } else { "off" });
                    } @else {
                        select name=(name) {
                            @for choice in *choices { option value=(choice) { (choice) } }
                        }
                    }
                }
            }
            button type="submit" class=(class) { (label) }
        }
    };
    html! {
        @if request.may(*least) {
            @if let Some(warning) = warning {
                details {
                    summary { (label) "…" }
                    p { (say(request, *warning)) }
                    (whole)
                }
            } @else {
                (whole)
            }
        }
    }
}

/// The page of the request, with its query: where a form leads back to.
pub fn here(request: &PageRequest) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (key, value) in request.query.iter().filter(|(key, _)| key != "done") {
        query.append_pair(key, value);
    }
    let query = query.finish();
    if query.is_empty() { request.path.clone() } else { format!("{}?{query}", request.path) }
}

/// A box to search a page by its parameter `text`.
pub fn search(request: &PageRequest, label: Words) -> Markup {
    search_within(request, &[], label)
}

/// The same with these other parameters of the page.
pub fn search_within(request: &PageRequest, values: &[(&str, &str)], label: Words) -> Markup {
    html! {
        form.search method="get" role="search" action=(request.path) {
            @for (name, value) in values {
                input type="hidden" name=(name) value=(value);
            }
            label {
                span { (say(request, label)) }
                input type="search" name="text" value=(request.parameter("text"));
            }
            button type="submit" { (say(request, ["Find", "查找"])) }
        }
    }
}
