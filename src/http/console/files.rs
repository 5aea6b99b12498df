//! Files that the console shows or hands out: pictures, backups.

use super::{Asked, ConsoleHandler, redirect};
use crate::http::response::event_body::LongBody;
use crate::http::response::file_body::FileBody;
use crate::http::response::{self, HttpResponse};
use crate::image_check::ImageKind;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::Either;
use hyper::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};

impl ConsoleHandler {
    /// Show a picture.
    pub(super) async fn picture(&self, asked: &Asked) -> HttpResponse {
        let Some(request) = self.admin_request(asked).await else { return redirect("/login") };
        let Some((_, operation)) = self.console.picture else { return response::internal_error() };
        let data = self.data_of(operation, &request.query);
        let (status, answer) = self.call(asked, asked.token.clone(), operation, &data).await;
        if status != 200 {
            return self.fault(&request, status, &answer);
        }
        let text = answer["data"]["base64"].as_str().unwrap_or_default();
        let Ok(bytes) = STANDARD.decode(text) else { return response::internal_error() };
        // What it is was found out when it was stored; nothing else is shown as a picture.
        let Some(kind) = ImageKind::sniff(&bytes) else { return response::internal_error() };
        response::with(StatusCode::OK, bytes.into(), HeaderValue::from_static(kind.content_type()))
    }

    /// Hand out a backup.
    pub(super) async fn backup(&self, asked: &Asked) -> HttpResponse {
        let Some(request) = self.admin_request(asked).await else { return redirect("/login") };
        let Some((_, operation)) = self.console.backup else { return response::internal_error() };
        let data = self.data_of(operation, &request.query);
        let (status, answer) = self.call(asked, asked.token.clone(), operation, &data).await;
        if status != 200 {
            return self.fault(&request, status, &answer);
        }
        let name = answer["data"]["name"].as_str().unwrap_or_default();
        let folder = self.engine.services.config.backup.dir.clone().unwrap_or_default();
        let opened = tokio::fs::File::open(folder.join(name)).await;
        let Ok(file) = opened else { return response::internal_error() };
        let Ok(about) = file.metadata().await else { return response::internal_error() };
        let shown = format!("attachment; filename=\"{name}\"");
        let Ok(shown) = HeaderValue::try_from(shown) else { return response::internal_error() };
        let body = LongBody::File(FileBody::new(file, about.len()));
        let mut answer = Response::new(Either::Right(body));
        let headers = answer.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-tar"));
        headers.insert(CONTENT_LENGTH, about.len().into());
        headers.insert(CONTENT_DISPOSITION, shown);
        answer
    }
}
