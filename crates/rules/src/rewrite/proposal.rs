//! The text of a proposal.

use casehard_dockerfile::{Base, Dockerfile, Instruction, ItemKind, Keyword, Model, Stage, Value};

use super::stage::{Built, Program, Shipped, Start, words};
use crate::build::{ImageName, Step};

/// What the shipped stage is to stand on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// The slim variant of the same release.
    MultiStage,
    /// A base without shell and package manager.
    Distroless,
}

/// A proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The new file.
    pub text: String,
    /// What it rests on, and what to look at before it is taken.
    pub notes: Vec<String>,
}

/// Why there is no proposal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RewriteError {
    /// There are several stages, or none.
    #[error("the file has not exactly one stage")]
    Stages,
    /// The base is not known.
    #[error("the base image depends on what only the build knows")]
    Base,
    /// `CMD` and `ENTRYPOINT` do not say word by word what is started.
    #[error("neither CMD nor ENTRYPOINT says word by word what is started: write them in exec form")]
    Start,
    /// What is started is none of the kinds that can be moved.
    #[error("what is started is neither built in this file nor run by Python, Node or Java")]
    Unknown,
    /// What is moved would be everything.
    #[error("the application stands in no folder of its own: set WORKDIR")]
    Folder,
    /// A package manager starts the application, and the new base has none.
    #[error("{0} starts the application, which a distroless base has not: start node itself")]
    PackageManager(String),
    /// A shell starts the application, and the new base has none.
    #[error("{0} starts the application, and a distroless base has no shell: start the program itself")]
    Shell(String),
    /// The program is bound to musl's loader, and no distroless base has it.
    #[error(
        "the program is linked against musl, which no distroless base has: link it statically, or build on the Debian variant"
    )]
    Musl,
    /// The tag does not say which release of a language this is.
    #[error("the tag of the base does not say which {0} this is")]
    Release(&'static str),
    /// There is no distroless base for a release.
    #[error(
        "the distroless bases have no {0}: build on a release that they have (Python 3.11 or 3.13, Java 17, 21 or 25)"
    )]
    NoDistroless(String),
}

/// Proposes a second stage for a Dockerfile that builds and ships in one.
///
/// # Errors
/// When the file is not of a shape that this is known for.
pub fn rewrite(bytes: &[u8], target: Target) -> Result<Proposal, RewriteError> {
    let document = Dockerfile::parse(bytes);
    let model = Model::of(&document);
    let [stage] = model.stages() else { return Err(RewriteError::Stages) };
    let Base::Image(image) = &stage.base else { return Err(RewriteError::Base) };
    let all = document.instructions();
    let steps: Vec<Step<'_>> =
        stage.instructions.clone().filter_map(|index| Step::new(index, &all[index], &model)).collect();
    let folder = match &stage.end.workdir {
        Some(Value::Known(folder)) => folder.clone(),
        _ => "/".to_owned(),
    };
    let built = Built {
        image: ImageName::parse(image),
        start: Start::of(all).ok_or(RewriteError::Start)?,
        folder,
        gives_away: all.iter().any(|instruction| instruction.flag("chown").is_some())
            || steps.iter().flat_map(Step::calls).any(|call| call.program() == "chown"),
        steps,
        target,
        has_python_path: stage.end.env.contains_key("PYTHONPATH"),
    };
    let shipped = built.shipped()?;
    let mut notes: Vec<String> = shipped.notes.iter().map(|note| (*note).to_owned()).collect();
    let text = text(&document, stage, &built, &shipped, &mut notes).ok_or(RewriteError::Base)?;
    notes.push("what the application opens at run time beside these paths is not copied: run its tests on the result".to_owned());
    if shipped.base.contains("${DISTROLESS}") {
        notes.push(
            "--build-arg DISTROLESS=… names the registry and folder of your distroless bases".to_owned(),
        );
    }
    Ok(Proposal { text, notes })
}

/// What the instructions of the old stage become.
#[derive(Default)]
struct Parts {
    /// The stage that builds.
    build: String,
    /// What the new stage begins with.
    early: String,
    /// What it ends with.
    late: String,
}

fn text(
    document: &Dockerfile,
    stage: &Stage,
    built: &Built<'_>,
    shipped: &Shipped,
    notes: &mut Vec<String>,
) -> Option<String> {
    let all = document.instructions();
    let image = stage.image.as_ref()?;
    let user = built.user(stage);
    let start = new_start(built, shipped);
    let source = document.text();
    let mut parts = Parts::default();
    for item in document.items() {
        let part = &source[item.range.clone()];
        let ItemKind::Instruction(index) = item.kind else {
            parts.build.push_str(part);
            continue;
        };
        match all[index].keyword {
            Keyword::From => {
                let is_declared = shipped.base.contains("${DISTROLESS}");
                parts.build.push_str(if is_declared { "ARG DISTROLESS\n" } else { "" });
                let end = if stage.name.is_some() { part.len() } else { image.range.end - item.range.start };
                parts.build.push_str(&part[..end]);
                parts.build.push_str(if stage.name.is_some() { "" } else { " AS build" });
                parts.build.push_str(&part[end..]);
            }
            Keyword::Cmd | Keyword::Entrypoint if start.is_some() => {}
            Keyword::Healthcheck if built.is_distroless() => {
                parts.late.push_str(&healthcheck(&all[index], part, built, shipped, notes));
            }
            Keyword::Cmd
            | Keyword::Entrypoint
            | Keyword::Expose
            | Keyword::Healthcheck
            | Keyword::Volume
            | Keyword::Stopsignal
            | Keyword::Label => parts.late.push_str(part),
            Keyword::User if user.is_some() => parts.build.push_str(part),
            Keyword::User => parts.late.push_str(part),
            // What is passed in for the build may be a part of what is kept.
            Keyword::Arg | Keyword::Env | Keyword::Workdir => {
                parts.build.push_str(part);
                parts.early.push_str(part);
            }
            _ => parts.build.push_str(part),
        }
    }
    for (name, value) in &shipped.environment {
        parts.early.push_str(&format!("ENV {name}={value}\n"));
    }
    let name = stage.name.as_ref().map_or("build", |name| name.text.as_str());
    let copies = copies(name, stage, built, shipped, user.as_deref());
    let user = user.map(|user| format!("USER {user}\n")).unwrap_or_default();
    if start.is_some() && !parts.late.is_empty() && !parts.late.ends_with('\n') {
        parts.late.push('\n');
    }
    let start = start.map(|start| written(&start)).unwrap_or_default();
    let Parts { build, early, late } = parts;
    // The user is set after what is copied as root.
    Some(format!(
        "{}\n\nFROM {}\n{early}{copies}{user}{late}{start}",
        build.trim_end_matches('\n'),
        shipped.base
    ))
}

/// The lines that copy, with the owner that the file gives its files.
fn copies(name: &str, stage: &Stage, built: &Built<'_>, shipped: &Shipped, user: Option<&str>) -> String {
    let written = match &stage.end.user {
        casehard_dockerfile::UserState::Set { value: Value::Known(user), .. } => Some(user.as_str()),
        _ => None,
    };
    let owner = user.or(written).filter(|_| built.gives_away);
    let owner = owner.map(|user| format!(" --chown={user}")).unwrap_or_default();
    let copy = |moved: &super::stage::Moved| {
        let owner = if moved.from == built.folder { owner.as_str() } else { "" };
        format!("COPY --from={name}{owner} {} {}\n", moved.from, moved.to)
    };
    shipped.paths.iter().map(copy).collect()
}

/// `ENTRYPOINT` and `CMD` of the new stage, when they are not those that are written.
fn new_start(built: &Built<'_>, shipped: &Shipped) -> Option<Start> {
    // What a shell would start is written without one.
    let is_kept = shipped.program == Program::AsWritten && (built.start.is_exec || !built.is_distroless());
    (!is_kept).then(|| built.start.with(&shipped.program))
}

fn written(start: &Start) -> String {
    let line = |keyword: &str, words: &[String]| {
        let words: Vec<String> =
            words.iter().map(|word| serde_json::Value::from(word.as_str()).to_string()).collect();
        if words.is_empty() { String::new() } else { format!("{keyword} [{}]\n", words.join(", ")) }
    };
    line("ENTRYPOINT", &start.entrypoint) + &line("CMD", &start.command)
}

/// The health check for a base without a shell: in exec form, the interpreter where the base has it.
fn healthcheck(
    instruction: &Instruction,
    part: &str,
    built: &Built<'_>,
    shipped: &Shipped,
    notes: &mut Vec<String>,
) -> String {
    let Some(form) = instruction.command() else { return part.to_owned() };
    let Some(mut words) = words(form).filter(|words| !words.is_empty()) else {
        notes.push(
            "the health check needs a shell, which the new base has not: write it in exec form".to_owned(),
        );
        return part.to_owned();
    };
    let name = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or_default();
        name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.').to_owned()
    };
    let is_own = words[0] == built.start.program();
    match &shipped.program {
        Program::Interpreter(path, _) if name(path) == name(&words[0]) => words[0] = (*path).to_owned(),
        Program::At(path) if is_own => words[0].clone_from(path),
        Program::AsWritten if is_own => {}
        _ => notes.push(format!("the health check runs {}, which the new base may not have", words[0])),
    }
    let at = part.to_ascii_uppercase().find("CMD").unwrap_or(part.len());
    format!("{}{}", &part[..at], written(&Start { command: words, ..Start::default() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str, target: Target) -> String {
        let proposal = rewrite(text.as_bytes(), target).unwrap();
        assert!(Dockerfile::parse(proposal.text.as_bytes()).problems().is_empty(), "{}", proposal.text);
        proposal.text
    }

    #[test]
    fn what_builds_and_what_is_shipped_come_apart() {
        let go = "# the app\nFROM golang:1.25\nWORKDIR /src\nCOPY . .\nRUN CGO_ENABLED=0 go build -o /app .\nEXPOSE 8080\nCMD [\"/app\"]\n";
        assert_eq!(
            parts(go, Target::Distroless),
            "# the app\nFROM golang:1.25 AS build\nWORKDIR /src\nCOPY . .\nRUN CGO_ENABLED=0 go build -o /app .\n\nFROM scratch\nWORKDIR /src\nCOPY --from=build /app /app\nUSER 10001:10001\nEXPOSE 8080\nCMD [\"/app\"]\n"
        );
        assert!(parts(go, Target::MultiStage).contains("FROM debian:13-slim\n"));
        let node = "FROM node:22 AS app\nWORKDIR /app\nCOPY . .\nRUN npm ci && npm run build\nUSER node\nCMD [\"node\", \"dist/main.js\"]";
        let text = parts(node, Target::MultiStage);
        assert!(
            text.contains("FROM node:22-slim\nWORKDIR /app\nCOPY --from=app /app /app\nUSER node\n"),
            "{text}"
        );
        let java = "FROM maven:3-eclipse-temurin-21\nWORKDIR /b\nRUN mvn package\nENTRYPOINT [\"java\", \"-jar\", \"target/app.jar\"]\n";
        assert!(parts(java, Target::MultiStage).contains(
            "FROM eclipse-temurin:21-jre\nWORKDIR /b\nCOPY --from=build /b/target/app.jar /b/target/app.jar\n"
        ));
    }

    #[test]
    fn what_is_not_understood_is_not_proposed() {
        let none = |text: &str| rewrite(text.as_bytes(), Target::MultiStage).unwrap_err();
        assert_eq!(none("FROM a\nFROM b\nCMD [\"x\"]\n"), RewriteError::Stages);
        assert_eq!(none("ARG B\nFROM $B\nCMD [\"x\"]\n"), RewriteError::Base);
        assert_eq!(none("FROM golang:1\nCMD /x && y\n"), RewriteError::Start);
        assert_eq!(none("FROM golang:1\nCMD [\"/x\"]\n"), RewriteError::Unknown);
        assert_eq!(none("FROM php:8\nCMD [\"php\"]\n"), RewriteError::Unknown);
        assert_eq!(none("FROM python:3.12\nCMD [\"python\", \"/a.py\"]\n"), RewriteError::Folder);
        assert_eq!(
            none("FROM maven:3\nCMD [\"java\", \"-jar\", \"a.jar\"]\n"),
            RewriteError::Release("Java")
        );
        let npm = "FROM node:22\nWORKDIR /app\nCMD [\"npm\", \"start\"]\n";
        let error = rewrite(npm.as_bytes(), Target::Distroless).unwrap_err();
        assert_eq!(error, RewriteError::PackageManager("npm".to_owned()));
    }

    #[test]
    fn what_python_and_java_need_comes_along() {
        let python = "FROM python:3.12-bookworm\nARG LEVEL=info\nENV LEVEL=$LEVEL PATH=/opt/venv/bin:$PATH\nWORKDIR /app\n\
            RUN python -m venv /opt/venv && /opt/venv/bin/pip install flask==3.0.3\nRUN useradd -u 5000 app && chown -R app .\n\
            COPY . .\nUSER app\nCMD [\"flask\", \"run\"]\n";
        let text = parts(python, Target::MultiStage);
        let expected = "FROM python:3.12-slim-bookworm\nARG LEVEL=info\nENV LEVEL=$LEVEL PATH=/opt/venv/bin:$PATH\nWORKDIR /app\n\
            COPY --from=build /opt/venv /opt/venv\nCOPY --from=build --chown=5000:5000 /app /app\nUSER 5000:5000\nCMD";
        assert!(text.contains(expected), "{text}");
        let inside = "FROM python:3.12\nWORKDIR /app\nRUN python -m venv .venv && .venv/bin/pip install x==1\nCMD [\".venv/bin/x\"]\n";
        assert!(
            parts(inside, Target::MultiStage).contains("WORKDIR /app\nCOPY --from=build /app /app\nUSER")
        );
        let java = "FROM eclipse-temurin:17.0.9_9-jdk\nWORKDIR /b\nRUN javac -d out A.java\nCMD [\"java\", \"-cp\", \"out:lib/*\", \"A\"]\n";
        let text = parts(java, Target::MultiStage);
        assert!(text.contains("FROM eclipse-temurin:17-jre\nWORKDIR /b\nCOPY --from=build /b/out /b/out\nCOPY --from=build /b/lib /b/lib\n"), "{text}");
    }

    #[test]
    fn distroless_bases_start_the_interpreter_by_its_path() {
        let python = |tag: &str, lines: &str| {
            format!("FROM python:{tag}\nWORKDIR /app\nRUN pip install gunicorn==23.0.0\nCOPY . .\n{lines}\n")
        };
        let text = parts(
            &python("3.11", "HEALTHCHECK CMD [\"python\", \"check.py\"]\nCMD gunicorn app:app"),
            Target::Distroless,
        );
        let expected = "FROM ${DISTROLESS}/python3-debian12:nonroot\nWORKDIR /app\n\
            ENV PYTHONPATH=/usr/local/lib/python3.11/site-packages\n\
            COPY --from=build /usr/local/lib/python3.11/site-packages /usr/local/lib/python3.11/site-packages\n\
            COPY --from=build /usr/local/bin/gunicorn /usr/local/bin/gunicorn\nCOPY --from=build /app /app\nUSER 10001:10001\n\
            HEALTHCHECK CMD [\"/usr/bin/python3\", \"check.py\"]\nENTRYPOINT [\"/usr/bin/python3\"]\n\
            CMD [\"/usr/local/bin/gunicorn\", \"app:app\"]\n";
        assert!(
            text.starts_with("ARG DISTROLESS\nFROM python:3.11 AS build\n") && text.ends_with(expected),
            "{text}"
        );
        let user = python("3.13", "ENV PYTHONPATH=/app\nENTRYPOINT [\"python3\", \"-m\"]\nCMD [\"app\"]")
            .replace("install", "install --user");
        let text = parts(&user, Target::Distroless);
        let expected = "ENV PYTHONPATH=/usr/local/lib/python3.13/site-packages:$PYTHONPATH\nCOPY --from=build /root/.local /usr/local\n\
            COPY --from=build /app /app\nUSER 10001:10001\nENTRYPOINT [\"/usr/bin/python3\", \"-m\"]\nCMD [\"app\"]\n";
        assert!(text.ends_with(expected), "{text}");
        let node = "FROM node:22\nWORKDIR /app\nCOPY --chown=node . .\nUSER node\nCMD [\"node\", \"--enable-source-maps\", \"a.js\"]\n";
        let text = parts(node, Target::Distroless);
        let expected = "COPY --from=build --chown=1000:1000 /app /app\nUSER 1000:1000\nENTRYPOINT [\"/nodejs/bin/node\"]\nCMD [\"--enable-source-maps\", \"a.js\"]\n";
        assert!(text.ends_with(expected), "{text}");
        assert!(parts(node, Target::MultiStage).contains("--chown=node /app /app\nUSER node\n"));
    }

    #[test]
    fn what_a_distroless_base_cannot_run_is_refused() {
        let why = |text: &str| rewrite(text.as_bytes(), Target::Distroless).unwrap_err().to_string();
        let shell = "FROM python:3.11\nWORKDIR /a\nRUN pip install x==1\nENTRYPOINT [\"./start.sh\"]\n";
        assert!(
            why(shell).starts_with("./start.sh starts the application, and a distroless base has no shell")
        );
        let other = "FROM python:3.12\nWORKDIR /a\nRUN pip install x==1\nCMD [\"x\"]\n";
        assert!(why(other).starts_with("the distroless bases have no Python 3.12"), "{}", why(other));
        let musl =
            "FROM golang:1-alpine\nWORKDIR /a\nRUN apk add build-base\nRUN go build -o a\nCMD [\"./a\"]\n";
        assert!(why(musl).starts_with("the program is linked against musl"), "{}", why(musl));
        assert!(parts(musl, Target::MultiStage).contains("\nFROM alpine:3\n"));
        assert!(parts(&musl.replace("build-base", "git"), Target::Distroless).contains("\nFROM scratch\n"));
    }

    #[test]
    fn bare_names_are_found_where_compilers_put_them() {
        let go = "FROM golang:1.25-bookworm\nWORKDIR /src\nCOPY . .\nRUN CGO_ENABLED=0 go install ./...\nCMD [\"serve\", \"-v\"]\n";
        let text = parts(go, Target::Distroless);
        assert!(text.ends_with("COPY --from=build /go/bin/serve /go/bin/serve\nUSER 10001:10001\nCMD [\"/go/bin/serve\", \"-v\"]\n"), "{text}");
        let named = go.replace("install ./...", "build -o /usr/bin/serve .");
        assert!(parts(&named, Target::MultiStage).contains(
            "FROM debian:12-slim\nWORKDIR /src\nCOPY --from=build /usr/bin/serve /usr/bin/serve\n"
        ));
    }
}
