//! A document's file as its author writes it: TOML. The page
//! `docs/bring-your-own-document.md` explains it; [`json_schema`] is for editors.

mod one_or_many;

use super::template::source::TemplateSource;
pub(crate) use one_or_many::{FieldsSource, OneOrMany, Ordered, StatusSource, Texts};
use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings};
use serde::Deserialize;
use serde_spanned::Spanned;
use std::collections::BTreeMap;

/// A document: which paths reach which operations, under which names, and what clients are answered.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "A document of Guichet", rename = "Document")]
pub(crate) struct DocumentSource {
    /// Its name in descriptions and commands: small letters, digits and hyphens.
    #[schemars(with = "String")]
    pub name: Spanned<String>,
    /// Whose clients it serves, in one sentence.
    pub description: String,
    /// How requests are read.
    #[serde(default)]
    pub requests: RequestsSource,
    /// Where the token travels. By default: the header `Authorization`, bare or as `Bearer`, the query's `token`, and
    /// the cookie `session`.
    pub credentials: Option<CredentialsSource>,
    /// What `answer.NAME` stands for in templates, unless a route says something else.
    #[serde(default)]
    pub answer: Ordered<TemplateSource>,
    /// What is answered where all went well.
    #[serde(default)]
    pub success: AnswerSource,
    /// What is answered where something went wrong.
    #[serde(default)]
    pub failure: AnswerSource,
    /// Codes and texts: the key is the name of a fault or of a group of them.
    #[serde(default)]
    pub faults: Ordered<FaultSource>,
    /// The routes.
    #[serde(default, rename = "route")]
    #[schemars(with = "Vec<RouteSource>")]
    pub routes: Vec<Spanned<RouteSource>>,
}

/// How requests are read.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Requests")]
pub(crate) struct RequestsSource {
    /// `null` says the same as a key that is not there.
    pub null_is_absent: bool,
    /// In JSON, too, digits in text stand for an integer, and text that is not UTF-8 is read as well as it can be.
    pub lenient: bool,
    /// Refuse writes that come from pages of other sites. Always so where the token travels in a cookie of the
    /// document's own.
    pub refuse_cross_site: bool,
}

/// Where the token travels. Only the places that are named are looked at.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Credentials")]
pub(crate) struct CredentialsSource {
    /// The name of a header.
    #[schemars(with = "Option<String>")]
    pub header: Option<Spanned<String>>,
    /// The word before the token in that header, such as `Bearer`.
    pub scheme: Option<String>,
    /// The name of a cookie. A route's `cookie = "set"` sets it.
    #[schemars(with = "Option<String>")]
    pub cookie: Option<Spanned<String>>,
    /// The key of the query.
    pub query: Option<String>,
    /// The key of the body.
    pub body: Option<String>,
}

/// What is answered.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Answer")]
pub(crate) struct AnswerSource {
    /// The body, as JSON with placeholders.
    pub body: Option<TemplateSource>,
    /// Instead of a body: bytes in base64, as one placeholder.
    pub bytes: Option<TemplateSource>,
    /// Instead of a body: one of the pictures that the program has.
    #[schemars(with = "Option<String>")]
    pub picture: Option<Spanned<String>>,
    /// The media type of the body or the bytes.
    pub content_type: Option<String>,
    /// The HTTP status; 200 by default. Of failures, `"fault"` is the one that fits the fault.
    pub status: Option<StatusSource>,
    /// Further header lines.
    #[schemars(with = "BTreeMap<String, String>")]
    pub headers: Ordered<Spanned<String>>,
}

/// The code and text that clients are sent for a fault.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Fault")]
pub(crate) struct FaultSource {
    /// What `fault.code` stands for.
    pub code: Option<TemplateSource>,
    /// What `fault.text` stands for; by default `${fault.detail}`.
    pub text: Option<TemplateSource>,
    /// The HTTP status.
    pub status: Option<u16>,
    /// What `answer.NAME` stands for.
    pub answer: Ordered<TemplateSource>,
}

/// A route: from a method and paths to operations.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Route")]
pub(crate) struct RouteSource {
    /// The method.
    #[serde(default)]
    pub method: MethodSource,
    /// The paths; `{name}` stands for one segment.
    #[schemars(with = "OneOrMany<String>")]
    pub path: Texts,
    /// The operation, such as `user/login`.
    #[schemars(with = "String")]
    pub operation: Spanned<String>,
    /// Where the operation's fields come from. A field of the same name as a parameter of the path need not be named.
    #[serde(default)]
    pub fields: FieldsSource,
    /// Further values of the request, which only the answer names, as `request.NAME`: the operation does not get them.
    #[serde(default)]
    pub parameters: FieldsSource,
    /// Operations that follow, each with the login that came of the ones before. The last one's reply is `reply`.
    #[serde(default)]
    pub then: Vec<StepSource>,
    /// The kinds of bodies that are taken; all by default.
    pub accepts: Option<Vec<BodyKind>>,
    /// May its requests be signed? Of one that is, only path and body are read.
    #[serde(default)]
    pub signed: bool,
    /// What happens to the session's cookie.
    pub cookie: Option<CookieSource>,
    /// A picture of the program's for pages of other sites that may not show this route's.
    #[schemars(with = "Option<String>")]
    pub hotlink_picture: Option<Spanned<String>>,
    /// Answer as `/api` does: an envelope with this `id`.
    pub envelope_id: Option<i64>,
    /// What `answer.NAME` stands for.
    #[serde(default)]
    pub answer: Ordered<TemplateSource>,
    /// In the place of the document's `success`.
    pub success: Option<AnswerSource>,
    /// In the place of the document's `failure`.
    pub failure: Option<AnswerSource>,
    /// Before the document's faults.
    #[serde(default)]
    pub faults: Ordered<FaultSource>,
}

/// An operation that follows another.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Step")]
pub(crate) struct StepSource {
    /// The operation.
    #[schemars(with = "String")]
    pub operation: Spanned<String>,
    /// Its fields that are not those of the same name of the route: the name of a field of the route, or a key of an
    /// earlier reply, such as `user/login.token`.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub fields: Ordered<Spanned<String>>,
}

/// A method.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[schemars(rename = "Method")]
pub(crate) enum MethodSource {
    /// Reads; answers `HEAD` too.
    #[default]
    Get,
    /// Writes.
    Post,
    /// Writes.
    Put,
    /// Writes.
    Patch,
    /// Removes.
    Delete,
}

impl MethodSource {
    /// As HTTP has it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            MethodSource::Get => "GET",
            MethodSource::Post => "POST",
            MethodSource::Put => "PUT",
            MethodSource::Patch => "PATCH",
            MethodSource::Delete => "DELETE",
        }
    }
}

/// A kind of body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum BodyKind {
    /// A JSON object.
    Json,
    /// A form, `application/x-www-form-urlencoded`.
    Form,
    /// `multipart/form-data`, in which files travel.
    Multipart,
}

/// What happens to the session's cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Cookie")]
pub(crate) enum CookieSource {
    /// It is set to the token that a login replied.
    Set,
    /// It is removed.
    Clear,
}

/// Where a field of the operation comes from.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Field")]
pub(crate) struct FieldSource {
    /// Its name on the wire; by default the operation's.
    pub name: Option<String>,
    /// The places that are looked at; by default path, query, form and JSON.
    pub from: Option<OneOrMany<Place>>,
    /// A constant, whatever the request has.
    pub value: Option<Scalar>,
    /// The value where the request has none.
    pub default: Option<Scalar>,
    /// What is done to the value, in order.
    pub convert: Option<OneOrMany<Conversion>>,
}

/// A place of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Place {
    /// A parameter of the path.
    Path,
    /// The query.
    Query,
    /// A field of a form, multipart or not.
    Form,
    /// A key of a JSON object.
    Json,
    /// A header.
    Header,
    /// A cookie.
    Cookie,
}

/// What is done to a value on its way to the operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Conversion {
    /// Digits in JSON text stand for an integer, as they do in a query.
    Integer,
    /// Blanks at both ends are removed.
    Trim,
    /// The md5 of the text, as 32 hex digits.
    Md5,
    /// The text must be an md5: 32 hex digits.
    RequireMd5,
    /// The text is written in base64.
    Base64Encode,
    /// The text is read from base64.
    Base64Decode,
    /// `null` counts as absent.
    NullIsAbsent,
    /// `""` counts as absent.
    EmptyIsAbsent,
}

/// A constant.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Scalar {
    /// A truth value.
    Bool(bool),
    /// An integer.
    Integer(i64),
    /// Text.
    Text(String),
}

/// The JSON Schema of a document's file, draft 2020-12.
pub fn json_schema() -> Schema {
    let generator: SchemaGenerator = SchemaSettings::draft2020_12().into_generator();
    generator.into_root_schema_for::<DocumentSource>()
}
