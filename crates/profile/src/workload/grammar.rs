//! The grammar of `casehard.yaml`, as one table: the reader, the mistakes, the JSON Schema all follow from it.

use super::scalar::{CHANNELS, Scalar};

/// What may stand somewhere.
#[derive(Debug)]
pub(super) enum Shape {
    /// A single value.
    Scalar(Scalar),
    /// A list of words, or one text that is cut into words.
    Command,
    /// A list.
    List(&'static Self),
    /// One, or a list of them.
    Some(&'static Self),
    /// Keys that the user picks.
    Free(Name, &'static Self),
    /// Keys that the table knows.
    Object(&'static Object),
    /// One of several objects, told apart by their first key.
    Variants { what: &'static str, variants: &'static [&'static Object] },
    /// Anything: it is told, and not used.
    Any,
    /// A single value in short for an object.
    Short(&'static [Scalar], &'static Object),
}

/// What names the user may pick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    /// An environment variable.
    Variable,
    /// An HTTP header.
    Header,
    /// A role or a service.
    Host,
}

/// Keys that the table knows.
#[derive(Debug)]
pub(super) struct Object {
    /// Its name in the JSON Schema.
    pub name: &'static str,
    /// What it is, in one sentence.
    pub about: &'static str,
    /// Its keys. Of a variant, the first one tells which it is.
    pub fields: &'static [&'static [Field]],
    /// Which keys must be there.
    pub needs: Needs,
}

/// Which keys must be there.
#[derive(Debug, Clone, Copy)]
pub(super) enum Needs {
    /// None.
    Nothing,
    /// This one.
    Key(&'static str),
    /// At least one of these.
    AnyOf(&'static [&'static str]),
    /// At most one of these.
    AtMostOne(&'static [&'static str]),
    /// One of these, and no more.
    OneOf(&'static [&'static str]),
}

/// A key.
#[derive(Debug)]
pub(super) struct Field {
    pub key: &'static str,
    pub shape: Shape,
    pub about: &'static str,
}

impl Object {
    /// Its keys.
    pub fn keys(&self) -> impl Iterator<Item = &'static Field> + use<> {
        self.fields.iter().copied().flatten()
    }

    /// The key of that name.
    pub fn field(&self, key: &str) -> Option<&'static Field> {
        self.keys().find(|field| field.key == key)
    }
}

pub(super) const fn field(key: &'static str, shape: Shape, about: &'static str) -> Field {
    Field { key, shape, about }
}

const TEXT: Shape = Shape::Scalar(Scalar::Text);
const DURATION: Shape = Shape::Scalar(Scalar::Duration);
const REGEX: Shape = Shape::Scalar(Scalar::Regex);
const WORDS: Shape = Shape::List(&Shape::Scalar(Scalar::Line("a word")));
const ENVIRONMENT: Shape = Shape::Free(Name::Variable, &TEXT);
const USER: Shape = Shape::Scalar(Scalar::Line("a user, or user:group"));
const CHECK: Shape = Shape::Short(&[Scalar::Text], &CHECKS);
const VERIFY: Shape = Shape::Scalar(Scalar::Choice(&["only"]));
const EXIT: Shape = Shape::Scalar(Scalar::Integer { least: 0, most: 255 });
const STATUS: Scalar = Scalar::Integer { least: 100, most: 599 };

/// The whole file.
pub(super) static WORKLOAD: Object = Object {
    name: "workload",
    about: "How an application in a container image is run, and what must come of it.",
    needs: Needs::AtMostOne(&["image", "recipe"]),
    fields: &[&[
        field(
            "image",
            Shape::Scalar(Scalar::Line("an image")),
            "The image, such as docker-archive:app.tar; paths are relative to this file.",
        ),
        field(
            "recipe",
            Shape::Scalar(Scalar::Line("a path")),
            "A recipe that the image is built from, relative to this file.",
        ),
        field(
            "start",
            Shape::Object(&START),
            "How the container is started; what is absent comes from the image.",
        ),
        field("ready", Shape::Object(&READY), "When the application is ready."),
        field(
            "steps",
            Shape::List(&Shape::Variants { what: "a step", variants: &STEPS }),
            "What is done with the application, in order.",
        ),
        field("stop", Shape::Object(&STOP), "How the application is stopped."),
        field(
            "roles",
            Shape::Free(Name::Host, &Shape::Object(&ROLE)),
            "Other commands of the same image, each run to its end in a container of its own.",
        ),
        field(
            "services",
            Shape::Free(Name::Host, &Shape::Object(&SERVICE)),
            "Companion containers from other images; their names resolve.",
        ),
        field(
            "mask",
            Shape::List(&Shape::Variants { what: "a mask", variants: &MASKS }),
            "Parts of answers that differ from run to run.",
        ),
        field("keep", Shape::Object(&SELECTION), "What stays in the image, whatever was seen."),
        field("drop", Shape::Object(&SELECTION), "What leaves the image, whatever was seen."),
        field("harden", Shape::Object(&HARDEN), "How to harden."),
        field("owner", Shape::Scalar(Scalar::Line("a person or a team")), "Who is asked about this image."),
    ]],
};

static STARTING: [Field; 4] = [
    field("command", Shape::Command, "Entrypoint and arguments together."),
    field("env", ENVIRONMENT, "Variables set beside those of the image."),
    field("user", USER, "Whom it runs as, user[:group]."),
    field("workdir", Shape::Scalar(Scalar::Directory), "The directory it starts in."),
];

static START: Object = Object {
    name: "start",
    about: "How a container is started; what is absent comes from the image.",
    needs: Needs::Nothing,
    fields: &[&STARTING],
};

static CONDITIONS: [&str; 4] = ["http", "tcp", "log", "exec"];

static READY: Object = Object {
    name: "ready",
    about: "When a container is ready: all conditions that are written hold.",
    needs: Needs::AnyOf(&CONDITIONS),
    fields: &[&[
        field("http", Shape::Scalar(Scalar::Url), "A GET of this URL answers 2xx or 3xx."),
        field(
            "tcp",
            Shape::Scalar(Scalar::Endpoint),
            "A TCP connection to this port, or host:port, is accepted.",
        ),
        field("log", REGEX, "This regular expression is found in what the application wrote."),
        field("exec", Shape::Command, "This command in the container exits 0."),
        field("within", DURATION, "How long that may take; 30s unless said."),
    ]],
};

static COMMON: [Field; 3] = [
    field("name", Shape::Scalar(Scalar::Line("a name")), "A name for reports."),
    field("verify", VERIFY, "`only`: held out; runs when verifying, not when profiling."),
    field("within", DURATION, "How long it may take; 30s unless said."),
];

static STEPS: [&Object; 5] = [
    &Object {
        name: "httpStep",
        about: "An HTTP request. Unless said otherwise, an answer below 400 is expected.",
        needs: Needs::Key("http"),
        fields: &[
            &[
                field("http", Shape::Scalar(Scalar::Url), "The URL, in the container's network."),
                field("method", Shape::Scalar(Scalar::Method), "The method; GET unless said."),
                field(
                    "headers",
                    Shape::Free(Name::Header, &Shape::Scalar(Scalar::HeaderValue)),
                    "Headers of the request.",
                ),
                field("body", TEXT, "The body of the request."),
                field("expect", Shape::Short(&[STATUS, Scalar::Text], &HTTP_EXPECT), "What must come of it."),
            ],
            &COMMON,
        ],
    },
    &Object {
        name: "execStep",
        about: "A command in the container. Unless said otherwise, exit code 0 is expected.",
        needs: Needs::Key("exec"),
        fields: &[
            &[
                field("exec", Shape::Command, "The command; no shell runs it."),
                field("stdin", TEXT, "What it reads."),
                field("user", USER, "Whom it runs as; the container's user unless said."),
                field("env", ENVIRONMENT, "Variables beside those of the container."),
                field("expect", COMMAND_EXPECTED, "What must come of it."),
            ],
            &COMMON,
        ],
    },
    &Object {
        name: "hostStep",
        about: "A command of this machine, in the container's network, without privileges.",
        needs: Needs::Key("host"),
        fields: &[
            &[
                field(
                    "host",
                    Shape::Command,
                    "The command, run in the directory of this file; no shell runs it.",
                ),
                field("expect", COMMAND_EXPECTED, "What must come of it."),
            ],
            &COMMON,
        ],
    },
    &Object {
        name: "signalStep",
        about: "A signal to the container's first process.",
        needs: Needs::Key("signal"),
        fields: &[
            &[
                field("signal", Shape::Scalar(Scalar::Signal), "The signal, such as HUP."),
                field("expect", Shape::Object(&LOG_EXPECT), "What must come of it."),
            ],
            &COMMON,
        ],
    },
    &Object {
        name: "waitStep",
        about: "Time that passes.",
        needs: Needs::Key("wait"),
        fields: &[
            &[
                field("wait", DURATION, "How long."),
                field("expect", Shape::Object(&LOG_EXPECT), "What must come of it."),
            ],
            &COMMON,
        ],
    },
];

const EXIT_CODE: Scalar = Scalar::Integer { least: 0, most: 255 };
const COMMAND_EXPECTED: Shape = Shape::Short(&[EXIT_CODE, Scalar::Text], &COMMAND_EXPECT);
const LOG: Field =
    field("log", CHECK, "What the application writes to its output from the step on; waited for.");

static HTTP_EXPECT: Object = Object {
    name: "httpExpect",
    about: "What an HTTP answer must be; a number in its place is the status, a text is the body.",
    needs: Needs::Nothing,
    fields: &[&[
        field("status", Shape::Scalar(STATUS), "The status."),
        field("headers", Shape::Free(Name::Header, &CHECK), "Headers, by name."),
        field("body", CHECK, "The body."),
        LOG,
    ]],
};

static COMMAND_EXPECT: Object = Object {
    name: "commandExpect",
    about: "What a command must leave; a number in its place is the exit code, a text is standard output.",
    needs: Needs::Nothing,
    fields: &[&[
        field("exit", EXIT, "The exit code; 128 and the signal's number when a signal ended it."),
        field("stdout", CHECK, "Standard output; a final line break does not count."),
        field("stderr", CHECK, "Standard error; a final line break does not count."),
        LOG,
    ]],
};

static LOG_EXPECT: Object =
    Object { name: "logExpect", about: "What must come of it.", needs: Needs::Nothing, fields: &[&[LOG]] };

static ROLE_EXPECT: Object = Object {
    name: "roleExpect",
    about: "What must come of a role; a number in its place is the exit code.",
    needs: Needs::Nothing,
    fields: &[&[
        field("exit", EXIT, "The exit code; 128 and the signal's number when a signal ended it."),
        field("log", CHECK, "What it writes to both its outputs."),
    ]],
};

static STOP_EXPECT: Object = Object {
    name: "stopExpect",
    about: "What must come of stopping; a number in its place is the exit code.",
    needs: Needs::Nothing,
    fields: &[&[field("exit", EXIT, "The exit code; 128 and the signal's number when a signal ended it.")]],
};

static CHECKS: Object = Object {
    name: "check",
    about: "What a text must be; a plain value in its place means `equals`. All that is written must hold.",
    needs: Needs::AnyOf(&["equals", "contains", "matches"]),
    fields: &[&[
        field("equals", TEXT, "Exactly this."),
        field("contains", Shape::Some(&TEXT), "This stands in it; of a list, all."),
        field(
            "matches",
            Shape::Some(&REGEX),
            "This regular expression finds something in it, of a list all; ^ and $ are the ends of lines.",
        ),
    ]],
};

static STOP: Object = Object {
    name: "stop",
    about: "How the application is stopped.",
    needs: Needs::Nothing,
    fields: &[&[
        field("signal", Shape::Scalar(Scalar::Signal), "The signal; the image's own, or TERM, unless said."),
        field("within", DURATION, "How long it may take until it is killed; 10s unless said."),
        field("expect", Shape::Short(&[EXIT_CODE], &STOP_EXPECT), "What must come of it."),
    ]],
};

static ROLE: Object = Object {
    name: "role",
    about: "Another command of the same image, run to its end in a container of its own.",
    needs: Needs::Nothing,
    fields: &[
        &STARTING,
        &[
            field(
                "expect",
                Shape::Short(&[EXIT_CODE], &ROLE_EXPECT),
                "What must come of it; exit code 0 unless said.",
            ),
            field("verify", VERIFY, "`only`: held out; runs when verifying, not when profiling."),
            field("within", DURATION, "How long it may take; 5m unless said."),
        ],
    ],
};

static SERVICE: Object = Object {
    name: "service",
    about: "A companion container from another image; the application reaches it by its name.",
    needs: Needs::OneOf(&["image", "recipe"]),
    fields: &[
        &[
            field(
                "image",
                Shape::Scalar(Scalar::Line("an image")),
                "Its image; paths are relative to this file.",
            ),
            field(
                "recipe",
                Shape::Scalar(Scalar::Line("a path")),
                "A recipe to build its image from, in place of `image`.",
            ),
            field("ready", Shape::Object(&READY), "When it is ready."),
        ],
        &STARTING,
    ],
};

/// One object for each channel, so that a mask is a mapping of one key.
static MASKS: [&Object; CHANNELS.len()] = [
    &mask("bodyMask", &[&[field(CHANNELS[0], REGEX, "In the body of an HTTP answer.")]], CHANNELS[0]),
    &mask("headerMask", &[&[field(CHANNELS[1], REGEX, "In a header, written `name: value`.")]], CHANNELS[1]),
    &mask("stdoutMask", &[&[field(CHANNELS[2], REGEX, "In a command's standard output.")]], CHANNELS[2]),
    &mask("stderrMask", &[&[field(CHANNELS[3], REGEX, "In a command's standard error.")]], CHANNELS[3]),
    &mask("logMask", &[&[field(CHANNELS[4], REGEX, "In a line that the application wrote.")]], CHANNELS[4]),
];

const fn mask(name: &'static str, fields: &'static [&'static [Field]], key: &'static str) -> Object {
    Object { name, about: "A part of answers that differs from run to run.", fields, needs: Needs::Key(key) }
}

static SELECTION: Object = Object {
    name: "selection",
    about: "Parts of the image, picked by hand.",
    needs: Needs::AnyOf(&["paths", "packages", "classes"]),
    fields: &[&[
        field("paths", Shape::List(&Shape::Scalar(Scalar::Glob)), "Absolute paths; * and ** are wildcards."),
        field("packages", WORDS, "Names of packages."),
        field(
            "classes",
            WORDS,
            "Classes: certificates, character-sets, documentation, fonts, locales, mime-types, package-manager, shell, terminals, time-zones.",
        ),
    ]],
};

static HARDEN: Object = Object {
    name: "harden",
    about: "How to harden.",
    needs: Needs::Nothing,
    fields: &[&[
        field(
            "level",
            Shape::Scalar(Scalar::Choice(&["tidy", "package", "file"])),
            "How much goes: tidy, package (the default) or file.",
        ),
        field("user", Shape::Scalar(Scalar::NumericUser), "Whom the hardened image runs as, uid:gid."),
        field(
            "seccomp",
            Shape::Scalar(Scalar::Choice(&["seen", "rules"])),
            "What the seccomp profile allows: the calls that were seen and what every process needs, or also what acts on nothing but the process, its files and its sockets (the default).",
        ),
    ]],
};
