//! Requests to one repository: who asks, when to ask again, and what went wrong.

use std::{
    io::Read,
    sync::{Mutex, PoisonError},
    thread,
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use casehard_oci::{Reference, escape};
use ureq::{
    Agent, Body, SendBody,
    http::{Request, Response, header},
};

use super::{Credential, RegistryError, challenge::Challenge, credentials, tls};
use crate::Registries;

/// How often something is tried.
pub(super) const ATTEMPTS: u32 = 5;
/// However long a registry says that it wants to be left alone.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// A registry that says nothing for so long in the middle of something has died.
const PATIENCE: Duration = Duration::from_secs(120);
/// Bytes of an answer that are shown, and of a token.
const MESSAGE: u64 = 2000;
const TOKEN: u64 = 1 << 20;

/// The body of a request, made anew for each attempt.
pub(super) type MakeBody<'a> = &'a dyn Fn() -> Result<Box<dyn Read + Send>, RegistryError>;

/// A repository of a registry.
#[derive(Debug)]
pub(crate) struct Client {
    agent: Agent,
    pub(super) reference: Reference,
    base: String,
    is_plain: bool,
    credential: Option<Credential>,
    push: bool,
    /// How often something is tried: less where somebody else can be asked.
    pub(super) attempts: u32,
    /// Another repository that is read from.
    from: Option<String>,
    authorization: Mutex<Option<String>>,
}

/// What to ask.
pub(super) struct Ask<'a> {
    pub method: &'static str,
    pub url: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: Option<(u64, MakeBody<'a>)>,
}

impl Client {
    pub(crate) fn new(
        reference: &Reference,
        registries: &Registries,
        push: bool,
        from: Option<String>,
    ) -> Result<Self, RegistryError> {
        let host =
            if reference.registry == "docker.io" { "registry-1.docker.io" } else { &reference.registry };
        let files = tls::files(registries, host)?;
        // Who gives authorities for a registry on this machine means that it is encrypted.
        let is_plain = registries.plain_http || (is_loopback(host) && files.authorities.is_empty());
        let proxy =
            registries.proxy.as_deref().filter(|_| !is_loopback(host) && !is_direct(host, registries));
        let proxy = proxy.map(ureq::Proxy::new).transpose().map_err(|error| {
            RegistryError::Configuration { file: "the proxy".to_owned(), why: error.to_string() }
        })?;
        let agent: Agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(Duration::from_secs(30)))
            .timeout_recv_response(Some(Duration::from_secs(300)))
            .timeout_per_read(Some(registries.patience.unwrap_or(PATIENCE)))
            .timeout_per_write(Some(registries.patience.unwrap_or(PATIENCE)))
            .proxy(proxy)
            .user_agent(concat!("casehard/", env!("CARGO_PKG_VERSION")))
            .tls_config(tls::config(&files)?)
            .build()
            .into();
        Ok(Self {
            agent,
            reference: reference.clone(),
            base: format!("{}://{host}/v2/{}", if is_plain { "http" } else { "https" }, reference.repository),
            is_plain,
            credential: credentials::find(&registries.credentials, reference)?,
            push,
            attempts: ATTEMPTS,
            from,
            authorization: Mutex::new(None),
        })
    }

    /// The address of a part of the repository.
    pub(super) fn url(&self, rest: &str) -> String {
        format!("{}/{rest}", self.base)
    }

    /// A location that the registry answered: it may be relative.
    pub(super) fn located(&self, location: &str) -> String {
        if location.starts_with("http://") || location.starts_with("https://") {
            return location.to_owned();
        }
        let host = self.base.split("/v2/").next().unwrap_or_default();
        format!("{host}/{}", location.trim_start_matches('/'))
    }

    /// Asks until there is an answer that is not "later"; a token is got, and got again when it has expired.
    pub(super) fn ask(&self, ask: &Ask<'_>) -> Result<Response<Body>, RegistryError> {
        let mut told = false;
        let mut attempt = 0;
        loop {
            attempt += 1;
            let is_last = attempt >= self.attempts;
            match self.send(ask) {
                Ok(answer) if answer.status() == 401 && !told => {
                    told = true;
                    self.authorize(&answer)?;
                    // Being told who asks is no failed attempt.
                    attempt -= 1;
                }
                Ok(answer) if answer.status() == 401 => {
                    let why = match &self.credential {
                        Some(_) => "it does not accept the credential",
                        None => "it wants a credential, and none is known for it",
                    };
                    return Err(self.unauthorized(why));
                }
                Ok(answer) if is_later(answer.status().as_u16()) && !is_last => {
                    thread::sleep(waiting(&answer, attempt));
                }
                Ok(answer) => return Ok(answer),
                Err(Sent::Failed(error)) => return Err(error),
                Err(Sent::Broken(_)) if !is_last => thread::sleep(backoff(attempt)),
                Err(Sent::Broken(error)) => {
                    return Err(RegistryError::Network { url: shown(&ask.url), message: error.to_string() });
                }
            }
        }
    }

    fn send(&self, ask: &Ask<'_>) -> Result<Response<Body>, Sent> {
        let mut request = Request::builder().method(ask.method).uri(&ask.url);
        for (name, value) in &ask.headers {
            request = request.header(*name, value);
        }
        // Uploads may go to another host, which must not learn the token.
        let own = self.base.split("/v2/").next().unwrap_or_default();
        let authorization = self.authorization.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(authorization) =
            authorization.filter(|_| ask.url.strip_prefix(own).is_some_and(|rest| rest.starts_with('/')))
        {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        let invalid = |error: ureq::http::Error| {
            Sent::Failed(RegistryError::Protocol { url: shown(&ask.url), what: error.to_string() })
        };
        let answer = match &ask.body {
            None => self.agent.run(request.body(()).map_err(invalid)?),
            Some((length, make)) => {
                let request = request.header(header::CONTENT_LENGTH, *length);
                let body = SendBody::from_owned_reader(make().map_err(Sent::Failed)?);
                self.agent.run(request.body(body).map_err(invalid)?)
            }
        };
        answer.map_err(|error| match error {
            ureq::Error::BadUri(_) | ureq::Error::Http(_) | ureq::Error::Tls(_) | ureq::Error::Rustls(_) => {
                Sent::Failed(RegistryError::Network { url: shown(&ask.url), message: error.to_string() })
            }
            error => Sent::Broken(error),
        })
    }

    /// Gets what the registry's challenge asks for.
    fn authorize(&self, answer: &Response<Body>) -> Result<(), RegistryError> {
        let challenges = answer.headers().get_all(header::WWW_AUTHENTICATE);
        let challenge = challenges.iter().filter_map(|value| value.to_str().ok()).find_map(Challenge::parse);
        let value = match (challenge, &self.credential) {
            (Some(Challenge::Bearer { realm, service, scope }), _) => {
                format!("Bearer {}", self.token(&realm, service.as_deref(), scope.as_deref())?)
            }
            (Some(Challenge::Basic), Some(Credential::Password { user, password })) => basic(user, password),
            (Some(Challenge::Basic), _) => {
                return Err(self.unauthorized("it wants a name and a password, and none are known for it"));
            }
            (None, _) => return Err(self.unauthorized("it does not say how")),
        };
        *self.authorization.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
        Ok(())
    }

    fn token(
        &self,
        realm: &str,
        service: Option<&str>,
        scope: Option<&str>,
    ) -> Result<String, RegistryError> {
        if !(realm.starts_with("https://") || (self.is_plain && realm.starts_with("http://"))) {
            return Err(self.unauthorized("its tokens come from an address that is not encrypted"));
        }
        let scopes = self.scopes(scope);
        let failed =
            |error: ureq::Error| RegistryError::Network { url: shown(realm), message: error.to_string() };
        let answer = if let Some(Credential::IdentityToken(token)) = &self.credential {
            let scope = scopes.join(" ");
            let form = [
                ("grant_type", "refresh_token"),
                ("refresh_token", token),
                ("service", service.unwrap_or_default()),
                ("client_id", "casehard"),
                ("scope", &*scope),
            ];
            self.agent.post(realm).send_form(form).map_err(failed)?
        } else {
            let mut request = self.agent.get(realm);
            if let Some(service) = service {
                request = request.query("service", service);
            }
            for scope in &scopes {
                request = request.query("scope", scope);
            }
            if let Some(Credential::Password { user, password }) = &self.credential {
                request = request.header(header::AUTHORIZATION, basic(user, password));
            }
            request.call().map_err(failed)?
        };
        if answer.status() != 200 {
            let why = format!("{} says {}", shown(realm), answer.status().as_u16());
            return Err(self.unauthorized(&why));
        }
        let bytes = body(answer, TOKEN, realm)?;
        let json: serde_json::Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let token = json["token"].as_str().or(json["access_token"].as_str());
        token.map(str::to_owned).ok_or_else(|| self.unauthorized("it answers without a token"))
    }

    /// What is to be allowed: the challenge speaks of one request, the token is for all.
    fn scopes(&self, asked: Option<&str>) -> Vec<String> {
        let actions = if self.push { "pull,push" } else { "pull" };
        let own = format!("repository:{}:{actions}", self.reference.repository);
        let from = self.from.as_ref().map(|from| format!("repository:{from}:pull"));
        let mut scopes: Vec<String> = [own].into_iter().chain(from).collect();
        if let Some(asked) = asked.filter(|asked| !asked.starts_with("repository:")) {
            scopes.push(asked.to_owned());
        }
        scopes
    }

    /// Asks somebody else than the registry, who is told nothing.
    pub(super) fn ask_elsewhere(
        &self,
        url: &str,
        range: Option<String>,
    ) -> Result<Response<Body>, RegistryError> {
        let mut request = self.agent.get(url);
        if let Some(range) = range {
            request = request.header(header::RANGE, range);
        }
        request.call().map_err(|error| RegistryError::Network { url: shown(url), message: error.to_string() })
    }

    fn unauthorized(&self, why: &str) -> RegistryError {
        RegistryError::Unauthorized { registry: self.reference.registry.clone(), why: why.to_owned() }
    }
}

enum Sent {
    Failed(RegistryError),
    Broken(ureq::Error),
}

/// What a registry that says no says.
pub(super) fn refused(what: &str, url: &str, answer: Response<Body>) -> RegistryError {
    let status = answer.status().as_u16();
    let mut bytes = Vec::new();
    // A body that cannot be read says nothing; the status does.
    let _ = answer.into_body().into_reader().take(MESSAGE).read_to_end(&mut bytes);
    let json: serde_json::Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let first = &json["errors"][0];
    let message = first["message"].as_str().or(first["code"].as_str()).map_or(&*bytes, str::as_bytes);
    let message = escape(message.trim_ascii()).into_owned();
    RegistryError::Refused { what: what.to_owned(), url: shown(url), status, message }
}

/// The body of an answer, within a limit.
pub(super) fn body(answer: Response<Body>, limit: u64, url: &str) -> Result<Vec<u8>, RegistryError> {
    let reader = answer.into_body().into_reader();
    match crate::source::read_bounded(reader, limit) {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(RegistryError::TooLarge { url: shown(url), limit }),
        Err(error) => Err(RegistryError::Network { url: shown(url), message: error.to_string() }),
    }
}

/// An address without its query, in which secrets may stand.
pub(super) fn shown(url: &str) -> String {
    escape(url.split('?').next().unwrap_or_default().as_bytes()).into_owned()
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

const fn is_later(status: u16) -> bool {
    matches!(status, 408 | 429 | 500..=599)
}

/// As long as the registry says, which may name a time by its own clock (RFC 9110, section 10.2.3).
fn waiting<B>(answer: &Response<B>, attempt: u32) -> Duration {
    let text = |name| answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let time = |text| httpdate::parse_http_date(text).ok();
    let stated = text(header::RETRY_AFTER).and_then(|stated| match stated.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => time(stated)?.duration_since(text(header::DATE).and_then(time)?).ok(),
    });
    stated.unwrap_or_else(|| backoff(attempt)).min(LONGEST_WAIT)
}

pub(super) fn backoff(attempt: u32) -> Duration {
    Duration::from_millis(50 << attempt.min(8))
}

fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn is_direct(host: &str, registries: &Registries) -> bool {
    let host = host.split(':').next().unwrap_or_default();
    registries
        .direct
        .iter()
        .map(|name| name.trim().trim_start_matches('.'))
        .any(|name| name == "*" || host == name || (!name.is_empty() && host.ends_with(&format!(".{name}"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_says_how_long_to_wait_in_seconds_or_by_its_own_clock() {
        let waits = |headers: &[(&str, &str)]| {
            let answer = headers
                .iter()
                .fold(Response::builder(), |answer, (name, value)| answer.header(*name, *value));
            waiting(&answer.body(()).unwrap(), 1)
        };
        let clock = ("Date", "Sat, 28 Nov 2026 10:00:00 GMT");
        assert_eq!(waits(&[("Retry-After", "7")]), Duration::from_secs(7));
        assert_eq!(waits(&[clock, ("Retry-After", "Sat, 28 Nov 2026 10:00:09 GMT")]), Duration::from_secs(9));
        assert_eq!(waits(&[("Retry-After", "86400")]), LONGEST_WAIT);
        // A time that is over, one without a clock, and no word.
        for headers in [
            &[clock, ("Retry-After", "Sat, 28 Nov 2026 09:00:00 GMT")][..],
            &[("Retry-After", "Sat, 28 Nov 2026 10:00:09 GMT")],
            &[("Retry-After", "soon")],
            &[],
        ] {
            assert_eq!(waits(headers), backoff(1), "{headers:?}");
        }
    }
}
