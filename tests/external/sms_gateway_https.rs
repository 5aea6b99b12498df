//! Gateways by https, and their checks: a certificate is accepted if the system trusts it, and
//! nothing is sent to a server with a wrong certificate.

use crate::common::gateway::{Behaviour, Gateway, ask};
use crate::common::{Folder, Server, fault};
use std::path::Path;

/// A server on a system that trusts the CA of our certificate, or one that does not.
fn start(config: &str, trusts: bool) -> Server {
    Server::start_by(Folder::new(), config, |mut command| {
        let ca = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/common/tls/ca.pem");
        // The variable of OpenSSL for the file of trusted certificates.
        command.env_remove("SSL_CERT_DIR").env_remove("SSL_CERT_FILE");
        if trusts {
            command.env("SSL_CERT_FILE", ca);
        }
        command
    })
}

#[test]
fn certificate_trusted_by_the_system_is_accepted() {
    let told = r#"{"Response":{"SendStatusSet":[{"Code":"Ok"}],"RequestId":""}}"#;
    let gateway = Gateway::start_tls(Behaviour::Answer(200, told.to_owned()));
    for config in [gateway.webhook("5s"), gateway.tencent("5s")] {
        let server = start(&config, true);
        let answer = ask(&server, "13800001234");
        assert!(answer.contains("\"rand\""), "{answer} {}", server.log());
    }
    assert_eq!(gateway.requests().len(), 2);
}

#[test]
fn server_with_wrong_certificate_gets_nothing() {
    let gateway = Gateway::start_tls(Behaviour::Answer(200, String::new()));
    let by_name = gateway.webhook("5s").replace("127.0.0.1", "localhost");
    for (config, trusts) in [(gateway.webhook("5s"), false), (by_name, true)] {
        let server = start(&config, trusts);
        assert_eq!(ask(&server, "13800001234"), fault(1007, "其他错误"));
        let log = server.log();
        assert!(log.contains("invalid peer certificate"), "the log says why: {log}");
    }
    assert_eq!(gateway.requests().len(), 0);
}
