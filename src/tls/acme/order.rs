//! One order: from the account to the certificate.

use super::folder::Folder;
use crate::certificates::{Certificate, Certificates};
use crate::config::AcmeChallenge;
use crate::http_client;
use crate::services::Services;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::Request;
use instant_acme::{
    Account, AuthorizationStatus, BodyWrapper, BytesResponse, ChallengeType, Error, HttpClient,
    Identifier, KeyAuthorization, NewAccount, NewOrder, Order, OrderStatus, RetryPolicy,
};
use rcgen::{CertificateParams, CustomExtension, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::CertifiedKey;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// Why an order failed.
pub(super) struct Failure {
    /// One line.
    pub text: String,
    /// A nonce was refused, and nothing else is wrong.
    pub is_nonce: bool,
}

impl From<String> for Failure {
    fn from(text: String) -> Self {
        Failure { text, is_nonce: false }
    }
}

/// How long the server may take to look at the proofs, and then to sign.
const PATIENCE: RetryPolicy =
    RetryPolicy::new().initial_delay(Duration::from_millis(500)).timeout(Duration::from_secs(90));

/// Requests to the ACME server.
struct Requests(reqwest::Client);

impl HttpClient for Requests {
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
        let client = self.0.clone();
        Box::pin(async move {
            let other = |error: reqwest::Error| Error::Other(Box::new(error));
            let (head, body) = request.into_parts();
            let body = body.collect().await.map_err(|error| Error::Other(error.into()))?.to_bytes();
            let sent = client.request(head.method, head.uri.to_string()).headers(head.headers);
            let answer = sent.body(body).send().await.map_err(other)?;
            Ok(BytesResponse::from(hyper::Response::<reqwest::Body>::from(answer)))
        })
    }
}

/// Order a certificate for the configured domains, and keep it.
pub(super) async fn order(services: &Services, folder: &Folder) -> Result<Certificate, Failure> {
    let config = &services.config.tls;
    let client =
        http_client::trusting(config.ca_file.as_deref()).map_err(|error| error.to_string())?;
    let account = account(client, services, folder).await?;
    let domains: Vec<Identifier> = config.domain.iter().cloned().map(Identifier::Dns).collect();
    let mut order = account.new_order(&NewOrder::new(&domains)).await.map_err(told)?;
    let mut proofs = Proofs { certificates: &services.certificates, shown: Vec::new() };
    prove(&mut order, &mut proofs, config.challenge).await?;
    match order.poll_ready(&PATIENCE).await.map_err(told)? {
        OrderStatus::Ready | OrderStatus::Valid => {}
        _ => return Err(refusal(&mut order).await.into()),
    }
    let key = order.finalize().await.map_err(told)?;
    let chain = order.poll_certificate(&PATIENCE).await.map_err(told)?;
    let certificate = Certificate::read(chain.as_bytes(), key.as_bytes())?;
    folder.keep_certificate(&chain, &key).map_err(|error| format!("it can't be kept: {error}"))?;
    Ok(certificate)
}

/// The account of an earlier order, or a new one.
async fn account(
    client: reqwest::Client,
    services: &Services,
    folder: &Folder,
) -> Result<Account, Failure> {
    let config = &services.config.tls;
    let builder = || Account::builder_with_http(Box::new(Requests(client.clone())));
    if let Some(credentials) = folder.account(&config.directory) {
        return builder().from_credentials(credentials).await.map_err(told);
    }
    let contact = config.contact.as_ref().map(|address| match address.contains(':') {
        true => address.clone(),
        false => format!("mailto:{address}"),
    });
    let contact: Vec<&str> = contact.iter().map(String::as_str).collect();
    let new = NewAccount {
        contact: &contact,
        terms_of_service_agreed: true,
        only_return_existing: false,
    };
    let created = builder().create(&new, config.directory.clone(), None).await;
    let (account, credentials) = created.map_err(told)?;
    folder
        .keep_account(&config.directory, credentials)
        .map_err(|error| format!("the account can't be kept: {error}"))?;
    Ok(account)
}

/// Challenge responses, removed when the order ends.
struct Proofs<'c> {
    certificates: &'c Certificates,
    /// The domains, and the tokens of files.
    shown: Vec<(String, String)>,
}

impl Drop for Proofs<'_> {
    fn drop(&mut self) {
        for (domain, token) in &self.shown {
            self.certificates.prove_by_handshake(domain, None);
            self.certificates.prove_by_file(token, None);
        }
    }
}

/// Answer the challenges of the order.
async fn prove(
    order: &mut Order,
    proofs: &mut Proofs<'_>,
    challenge: AcmeChallenge,
) -> Result<(), Failure> {
    let kind = match challenge {
        AcmeChallenge::TlsAlpn01 => ChallengeType::TlsAlpn01,
        AcmeChallenge::Http01 => ChallengeType::Http01,
    };
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let mut authorization = authorization.map_err(told)?;
        // The server may remember an earlier proof.
        if authorization.status == AuthorizationStatus::Valid {
            continue;
        }
        let domain = authorization.identifier().to_string();
        let mut challenge = authorization
            .challenge(kind.clone())
            .ok_or_else(|| format!("{domain}: the server does not offer this challenge"))?;
        let token = challenge.token.clone();
        let proof = challenge.key_authorization();
        proofs.shown.push((domain.clone(), token.clone()));
        match kind {
            ChallengeType::Http01 => {
                proofs.certificates.prove_by_file(&token, Some(proof.as_str().to_owned()));
            }
            _ => {
                let shown = handshake_proof(&domain, &proof)?;
                proofs.certificates.prove_by_handshake(&domain, Some(Arc::new(shown)));
            }
        }
        challenge.set_ready().await.map_err(told)?;
    }
    Ok(())
}

/// The certificate of RFC 8737: it signs itself, and has the proof in an extension.
fn handshake_proof(domain: &str, proof: &KeyAuthorization) -> Result<CertifiedKey, String> {
    let wrong = |error: rcgen::Error| error.to_string();
    let key = KeyPair::generate().map_err(wrong)?;
    let mut params = CertificateParams::new([domain.to_owned()]).map_err(wrong)?;
    params.custom_extensions = vec![CustomExtension::new_acme_identifier(proof.digest().as_ref())];
    let certificate = params.self_signed(&key).map_err(wrong)?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    // Not by `from_der`: it refuses the extension, which is critical, as RFC 8737 has it.
    let key = ring::sign::any_supported_type(&key).map_err(|error| error.to_string())?;
    Ok(CertifiedKey::new(vec![certificate.der().clone()], key))
}

/// Why the server did not accept a proof.
async fn refusal(order: &mut Order) -> String {
    let mut why = Vec::new();
    let mut authorizations = order.authorizations();
    while let Some(Ok(authorization)) = authorizations.next().await {
        let domain = authorization.identifier().to_string();
        for challenge in &authorization.challenges {
            if let Some(problem) = &challenge.error {
                why.push(format!("{domain}: {problem}"));
            }
        }
    }
    if why.is_empty() { "the server did not accept the proof".to_owned() } else { why.join("; ") }
}

/// An error with its causes, on one line.
fn told(error: Error) -> Failure {
    let is_nonce = match &error {
        Error::Api(problem) => {
            problem.r#type.as_deref().is_some_and(|kind| kind.ends_with(":badNonce"))
        }
        _ => false,
    };
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    Failure { text, is_nonce }
}
