//! A Dockerfile of one stage made into two: what builds, and what is shipped. A proposal, to be built and verified.

use casehard_dockerfile::{Base, Dockerfile, Form, Instruction, Keyword, Model, Value, shell::Command};

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RewriteError {
    /// There are several stages, or none.
    #[error("the file has not exactly one stage")]
    Stages,
    /// The base is not known.
    #[error("the base image depends on what only the build knows")]
    Base,
    /// `CMD` and `ENTRYPOINT` do not say in exec form what is started.
    #[error("neither CMD nor ENTRYPOINT says in exec form what is started")]
    Start,
    /// What is started is none of the kinds that can be moved.
    #[error("what is started is neither built in this file nor run by Python, Node or Java")]
    Unknown,
}

/// What the shipped stage is made of.
struct Shipped {
    base: String,
    /// Paths that are copied from the build stage.
    paths: Vec<String>,
    note: &'static str,
}

/// Proposes a second stage for a Dockerfile that builds and ships in one.
///
/// # Errors
/// When the file is not of a shape that this is known for.
pub fn rewrite(bytes: &[u8], target: Target) -> Result<Proposal, RewriteError> {
    let document = Dockerfile::parse(bytes);
    let model = Model::of(&document);
    let [stage] = model.stages() else { return Err(RewriteError::Stages) };
    let (Base::Image(image), Some(image_word)) = (&stage.base, &stage.image) else {
        return Err(RewriteError::Base);
    };
    let all = document.instructions();
    let steps: Vec<Step<'_>> =
        stage.instructions.clone().filter_map(|index| Step::new(index, &all[index], &model)).collect();
    let command = start(all).ok_or(RewriteError::Start)?;
    let folder = match &stage.end.workdir {
        Some(Value::Known(folder)) => folder.clone(),
        _ => "/".to_owned(),
    };
    let shipped = shipped(image, &command, &folder, &steps, target).ok_or(RewriteError::Unknown)?;
    let declared = shipped.base.contains("${DISTROLESS}");
    let text = document.text();
    let mut build = String::new();
    let (mut early, mut late) = (String::new(), String::new());
    let mut has_user = false;
    for item in document.items() {
        let part = &text[item.range.clone()];
        let casehard_dockerfile::ItemKind::Instruction(index) = item.kind else {
            build.push_str(part);
            continue;
        };
        let instruction = &all[index];
        has_user |= instruction.keyword == Keyword::User;
        match instruction.keyword {
            Keyword::From => {
                build.push_str(if declared { "ARG DISTROLESS\n" } else { "" });
                let end =
                    if stage.name.is_some() { part.len() } else { image_word.range.end - item.range.start };
                build.push_str(&part[..end]);
                build.push_str(if stage.name.is_some() { "" } else { " AS build" });
                build.push_str(&part[end..]);
            }
            Keyword::Cmd
            | Keyword::Entrypoint
            | Keyword::Expose
            | Keyword::Healthcheck
            | Keyword::Volume
            | Keyword::Stopsignal
            | Keyword::Label
            | Keyword::User => late.push_str(part),
            Keyword::Env | Keyword::Workdir => {
                build.push_str(part);
                early.push_str(part);
            }
            _ => build.push_str(part),
        }
    }
    let name = stage.name.as_ref().map_or("build", |name| name.text.as_str());
    let copies: String =
        shipped.paths.iter().map(|path| format!("COPY --from={name} {path} {path}\n")).collect();
    let user = if has_user { "" } else { "USER 10001:10001\n" };
    // The user is set after what is copied as root.
    let text =
        format!("{}\n\nFROM {}\n{early}{copies}{user}{late}", build.trim_end_matches('\n'), shipped.base);
    let mut notes = vec![
        shipped.note.to_owned(),
        "what the application opens at run time beside these paths is not copied: run its tests on the result".to_owned(),
    ];
    if declared {
        notes.push(
            "--build-arg DISTROLESS= names the registry and folder of your distroless bases".to_owned(),
        );
    }
    Ok(Proposal { text, notes })
}

/// The words that a container starts, in exec form.
fn start(all: &[Instruction]) -> Option<Vec<String>> {
    let words = |keyword: Keyword| {
        let last = all.iter().rfind(|instruction| instruction.keyword == keyword)?;
        match last.command()? {
            Form::Exec(words) if !words.is_empty() => {
                Some(words.iter().map(|word| word.text.clone()).collect::<Vec<_>>())
            }
            _ => None,
        }
    };
    let mut command = words(Keyword::Entrypoint).unwrap_or_default();
    command.extend(words(Keyword::Cmd).unwrap_or_default());
    (!command.is_empty()).then_some(command)
}

fn shipped(
    image: &str,
    command: &[String],
    folder: &str,
    steps: &[Step<'_>],
    target: Target,
) -> Option<Shipped> {
    let name = ImageName::parse(image);
    let tag = name.tag.unwrap_or("latest");
    let version = tag.split('-').next().unwrap_or(tag);
    let program = command.first()?.as_str();
    let calls = || steps.iter().flat_map(Step::calls);
    let distroless = target == Target::Distroless;
    let slim = |base: &str| format!("{base}:{version}-slim");
    let absolute = |path: &str| {
        if path.starts_with('/') {
            path.to_owned()
        } else {
            format!("{}/{}", folder.trim_end_matches('/'), path.trim_start_matches("./"))
        }
    };
    match (name.base(), program.rsplit('/').next().unwrap_or(program)) {
        ("golang" | "rust" | "gcc", _) => {
            let path = absolute(program);
            let builds = calls().find(|call| {
                matches!((call.program(), call.subcommand()), ("go" | "cargo", "build" | "install"))
                    || matches!(call.program(), "gcc" | "g++" | "cc" | "make")
            })?;
            let is_static = builds.command.assignments.iter().any(|word| word.raw == "CGO_ENABLED=0")
                || builds
                    .command
                    .words
                    .iter()
                    .any(|word| matches!(word.raw.as_str(), "-static" | "-static-pie"))
                || text_of(builds.command).contains("musl");
            let base = match (distroless, is_static) {
                (true, true) => "scratch".to_owned(),
                (true, false) => "${DISTROLESS}/cc-debian12:nonroot".to_owned(),
                (false, _) => "debian:12-slim".to_owned(),
            };
            let note = if is_static {
                "the program is built statically, so it needs nothing else"
            } else {
                "the program needs the C library of the stage that builds it: the new base must have the same or a newer one"
            };
            Some(Shipped { base, paths: vec![path], note })
        }
        ("node", "node" | "npm" | "yarn") => {
            let base = if distroless {
                format!("${{DISTROLESS}}/nodejs{version}-debian12:nonroot")
            } else {
                slim("node")
            };
            Some(Shipped {
                base,
                paths: vec![folder.to_owned()],
                note: "development dependencies are shipped unless the build stage prunes them (npm prune --omit=dev)",
            })
        }
        ("python", _)
            if calls().any(|call| call.program().starts_with("pip")) || program.contains("python") =>
        {
            let base = slim("python");
            Some(Shipped {
                base,
                paths: vec!["/usr/local/lib".to_owned(), "/usr/local/bin".to_owned(), folder.to_owned()],
                note: "modules that were compiled against libraries of the build stage need these libraries in the new base",
            })
        }
        ("maven" | "gradle" | "eclipse-temurin" | "openjdk", "java") => {
            let jar = command.iter().skip_while(|word| *word != "-jar").nth(1)?;
            let java = tag
                .split('-')
                .find_map(|part| {
                    part.chars()
                        .filter(char::is_ascii_digit)
                        .collect::<String>()
                        .parse::<u32>()
                        .ok()
                        .filter(|version| matches!(version, 8 | 11 | 17 | 21 | 25))
                })
                .unwrap_or(21);
            let base = if distroless {
                format!("${{DISTROLESS}}/java{java}-debian12:nonroot")
            } else {
                format!("eclipse-temurin:{java}-jre")
            };
            Some(Shipped {
                base,
                paths: vec![absolute(jar)],
                note: "only the archive is copied: it must hold what it depends on",
            })
        }
        _ => None,
    }
}

fn text_of(command: &Command) -> String {
    command.words.iter().map(|word| word.raw.as_str()).collect::<Vec<_>>().join(" ")
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
        assert!(parts(go, Target::MultiStage).contains("FROM debian:12-slim\n"));
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
        assert_eq!(none("FROM golang:1\nCMD /x\n"), RewriteError::Start);
        assert_eq!(none("FROM golang:1\nCMD [\"/x\"]\n"), RewriteError::Unknown);
        assert_eq!(none("FROM php:8\nCMD [\"php\"]\n"), RewriteError::Unknown);
    }
}
