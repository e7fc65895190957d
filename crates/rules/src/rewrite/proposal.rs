//! A Dockerfile of one stage made into two: what builds, and what is shipped. A proposal, to be built and verified.

use casehard_dockerfile::{
    Base, Dockerfile, Form, Instruction, Keyword, Model, UserState, Value,
    shell::{Command, ShellWord},
};

use crate::build::{Call, ImageName, Install, Manager, Step};

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
    /// What is moved would be everything.
    #[error("the application stands in no folder of its own: set WORKDIR")]
    Folder,
    /// A package manager starts the application, and the new base has none.
    #[error("{0} starts the application, which a distroless base has not: start node itself")]
    PackageManager(&'static str),
}

/// What the shipped stage is made of.
struct Shipped {
    base: String,
    /// Paths that are copied from the build stage.
    paths: Vec<String>,
    note: &'static str,
}

/// What is known of the one stage.
struct Built<'a> {
    image: &'a str,
    /// What a container starts.
    command: Vec<String>,
    /// The working directory at the end.
    folder: String,
    steps: Vec<Step<'a>>,
    is_distroless: bool,
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
    let folder = match &stage.end.workdir {
        Some(Value::Known(folder)) => folder.clone(),
        _ => "/".to_owned(),
    };
    let command = start(all).ok_or(RewriteError::Start)?;
    let built = Built { image, command, folder, steps, is_distroless: target == Target::Distroless };
    let shipped = built.shipped()?;
    let user = built.user(match &stage.end.user {
        UserState::Set { value: Value::Known(user), .. } => Some(user),
        _ => None,
    });
    let is_given_away = built.gives_away(all);
    let declared = shipped.base.contains("${DISTROLESS}");
    let text = document.text();
    let mut build = String::new();
    let (mut early, mut late) = (String::new(), String::new());
    for item in document.items() {
        let part = &text[item.range.clone()];
        let casehard_dockerfile::ItemKind::Instruction(index) = item.kind else {
            build.push_str(part);
            continue;
        };
        let instruction = &all[index];
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
            | Keyword::Label => late.push_str(part),
            Keyword::User if user.is_some() => build.push_str(part),
            Keyword::User => late.push_str(part),
            // What is passed in for the build may be a part of what is kept.
            Keyword::Arg | Keyword::Env | Keyword::Workdir => {
                build.push_str(part);
                early.push_str(part);
            }
            _ => build.push_str(part),
        }
    }
    let name = stage.name.as_ref().map_or("build", |name| name.text.as_str());
    let owner = match &user {
        Some(user) if is_given_away => format!(" --chown={user}"),
        _ => String::new(),
    };
    let copy = |path: &String| {
        let owner = if *path == built.folder { owner.as_str() } else { "" };
        format!("COPY --from={name}{owner} {path} {path}\n")
    };
    let copies: String = shipped.paths.iter().map(copy).collect();
    let user = user.map(|user| format!("USER {user}\n")).unwrap_or_default();
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

impl<'a> Built<'a> {
    fn calls(&self) -> impl Iterator<Item = Call<'_>> {
        self.steps.iter().flat_map(Step::calls)
    }

    fn absolute(&self, path: &str) -> String {
        let path = path.trim_end_matches('/');
        if path.starts_with('/') {
            return path.to_owned();
        }
        format!("{}/{}", self.folder.trim_end_matches('/'), path.trim_start_matches("./"))
    }

    /// The folder of the application, when it is its own.
    fn own_folder(&self) -> Result<String, RewriteError> {
        if self.folder.trim_matches('/').is_empty() {
            Err(RewriteError::Folder)
        } else {
            Ok(self.folder.clone())
        }
    }

    /// The user of the new stage, when it is not the one that is written: there may be none, and accounts that steps add are
    /// not in the new base.
    fn user(&self, written: Option<&String>) -> Option<String> {
        let Some(name) = written else { return Some("10001:10001".to_owned()) };
        let name = name.split(':').next().unwrap_or_default();
        let adds = |call: &Call<'_>| {
            matches!(call.program(), "useradd" | "adduser")
                && call.arguments().iter().any(|word| word.text() == name)
        };
        let call = self.calls().find(adds)?;
        let uid =
            call.flag_value(&["-u", "--uid"]).filter(|uid| uid.parse::<u32>().is_ok()).unwrap_or("10001");
        Some(format!("{uid}:{uid}"))
    }

    /// Whether files are given to the user in this file.
    fn gives_away(&self, all: &[Instruction]) -> bool {
        all.iter().any(|instruction| instruction.flag("chown").is_some())
            || self.calls().any(|call| call.program() == "chown")
    }

    fn shipped(&self) -> Result<Shipped, RewriteError> {
        let name = ImageName::parse(self.image);
        let tag = name.tag.unwrap_or("latest");
        let program = self.command.first().map_or("", String::as_str);
        let program = program.rsplit('/').next().unwrap_or(program);
        match (name.base(), program) {
            ("golang" | "rust" | "gcc", _) => self.compiled().ok_or(RewriteError::Unknown),
            ("node", "npm" | "yarn") if self.is_distroless => {
                Err(RewriteError::PackageManager(if program == "npm" { "npm" } else { "yarn" }))
            }
            ("node", "node" | "npm" | "yarn") => self.node(tag),
            ("python", _)
                if self
                    .calls()
                    .any(|call| Install::of(call).is_some_and(|one| one.manager == Manager::Pip))
                    || program.contains("python") =>
            {
                self.python(tag)
            }
            ("maven" | "gradle" | "eclipse-temurin" | "openjdk", "java") => {
                self.java(tag).ok_or(RewriteError::Unknown)
            }
            _ => Err(RewriteError::Unknown),
        }
    }

    fn compiled(&self) -> Option<Shipped> {
        let path = self.absolute(self.command.first()?);
        let builds = self.calls().find(|call| {
            matches!((call.program(), call.subcommand()), ("go" | "cargo", "build" | "install"))
                || matches!(call.program(), "gcc" | "g++" | "cc" | "make")
        })?;
        let is_static = builds.command.assignments.iter().any(|word| word.raw == "CGO_ENABLED=0")
            || builds.command.words.iter().any(|word| matches!(word.raw.as_str(), "-static" | "-static-pie"))
            || text_of(builds.command).contains("musl");
        let base = match (self.is_distroless, is_static) {
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

    fn node(&self, tag: &str) -> Result<Shipped, RewriteError> {
        let base = if self.is_distroless {
            // There is one for each line of releases.
            let line = version(tag).split('.').next().unwrap_or_default();
            format!("${{DISTROLESS}}/nodejs{line}-debian12:nonroot")
        } else {
            format!("node:{}-slim", version(tag))
        };
        let mut paths = vec![self.own_folder()?];
        let is_global =
            |call: &Call<'_>| matches!(call.program(), "npm" | "pnpm") && call.has_flag(&["-g", "--global"]);
        if self.calls().any(|call| is_global(&call)) {
            paths.push("/usr/local/lib/node_modules".to_owned());
        }
        let note =
            "development dependencies are shipped unless the build stage prunes them (npm prune --omit=dev)";
        Ok(Shipped { base, paths, note })
    }

    fn python(&self, tag: &str) -> Result<Shipped, RewriteError> {
        let folder = self.own_folder()?;
        // Where packages are put: an environment, a folder that is named, or where Python looks by itself.
        let mut places: Vec<String> = Vec::new();
        let mut is_usual = true;
        for call in self.calls() {
            let words = call.arguments();
            let module = words.iter().position(|word| word.text() == "-m").and_then(|at| words.get(at + 1));
            let makes = match (call.program(), module.map(ShellWord::text)) {
                ("virtualenv", _) | (_, Some("venv" | "virtualenv")) => words.last(),
                ("uv", _) if call.subcommand() == "venv" => words.last(),
                _ => None,
            };
            if let Some(place) = makes.and_then(|word| word.literal.as_deref()) {
                places.push(self.absolute(place));
                is_usual = false;
            }
            if Install::of(call).is_some_and(|install| install.manager == Manager::Pip) {
                if let Some(place) = call.flag_value(&["-t", "--target", "--prefix", "--root"]) {
                    places.push(self.absolute(place));
                    is_usual = false;
                } else if call.has_flag(&["--user"]) {
                    places.push("/root/.local".to_owned());
                    is_usual = false;
                }
            }
        }
        if is_usual {
            places = vec!["/usr/local/lib".to_owned(), "/usr/local/bin".to_owned()];
        }
        places.push(folder.clone());
        // What is inside the folder comes with it.
        let inside = |place: &String| {
            *place != folder && place.strip_prefix(&folder).is_some_and(|rest| rest.starts_with('/'))
        };
        places.retain(|place| !inside(place));
        let mut paths: Vec<String> = Vec::new();
        for place in places {
            if !paths.contains(&place) {
                paths.push(place);
            }
        }
        let note = "modules that were compiled against libraries of the build stage need these libraries in the new base";
        Ok(Shipped { base: format!("python:{}-slim", version(tag)), paths, note })
    }

    fn java(&self, tag: &str) -> Option<Shipped> {
        let after = |flags: &[&str]| {
            let at = self.command.iter().position(|word| flags.contains(&word.as_str()))?;
            self.command.get(at + 1)
        };
        let (paths, note) = match after(&["-jar"]) {
            Some(jar) => {
                (vec![self.absolute(jar)], "only the archive is copied: it must hold what it depends on")
            }
            None => {
                let path = after(&["-cp", "-classpath", "--class-path"])?;
                let parts = path.split(':').filter(|part| !part.is_empty());
                let paths = parts.map(|part| self.absolute(part.trim_end_matches("/*"))).collect();
                (paths, "only the class path is copied")
            }
        };
        let first = |part: &str| -> Option<u32> {
            let digits = part.trim_start_matches(|c: char| !c.is_ascii_digit());
            let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
            digits[..end].parse().ok().filter(|version| matches!(version, 8 | 11 | 17 | 21 | 25))
        };
        let java = tag.split('-').rev().find_map(first)?;
        let base = if self.is_distroless {
            format!("${{DISTROLESS}}/java{java}-debian12:nonroot")
        } else {
            format!("eclipse-temurin:{java}-jre")
        };
        Some(Shipped { base, paths, note })
    }
}

/// The version in a tag: `3.12` of `3.12-bookworm`.
fn version(tag: &str) -> &str {
    tag.split('-').next().unwrap_or(tag)
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
        assert_eq!(none("FROM python:3.12\nCMD [\"python\", \"/a.py\"]\n"), RewriteError::Folder);
        assert_eq!(none("FROM maven:3\nCMD [\"java\", \"-jar\", \"a.jar\"]\n"), RewriteError::Unknown);
        let npm = "FROM node:22\nWORKDIR /app\nCMD [\"npm\", \"start\"]\n";
        let error = rewrite(npm.as_bytes(), Target::Distroless).unwrap_err();
        assert_eq!(error, RewriteError::PackageManager("npm"));
    }

    #[test]
    fn what_python_and_java_need_comes_along() {
        let python = "FROM python:3.12-bookworm\nARG LEVEL=info\nENV LEVEL=$LEVEL PATH=/opt/venv/bin:$PATH\nWORKDIR /app\n\
            RUN python -m venv /opt/venv && /opt/venv/bin/pip install flask==3.0.3\nRUN useradd -u 5000 app && chown -R app .\n\
            COPY . .\nUSER app\nCMD [\"flask\", \"run\"]\n";
        let text = parts(python, Target::MultiStage);
        let expected = "FROM python:3.12-slim\nARG LEVEL=info\nENV LEVEL=$LEVEL PATH=/opt/venv/bin:$PATH\nWORKDIR /app\n\
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
}
