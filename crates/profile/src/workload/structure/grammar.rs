//! The grammar of structure tests.

use crate::workload::{
    grammar::{Field, Needs, Object, Shape, field},
    scalar::Scalar,
};

const TEXT: Shape = Shape::Scalar(Scalar::Text);
const NAME: Shape = Shape::Scalar(Scalar::Line("a name"));
const FLAG: Shape = Shape::Scalar(Scalar::Flag);
const NUMBER: Shape = Shape::Scalar(Scalar::Integer { least: 0, most: u32::MAX as i64 });
const TEXTS: Shape = Shape::List(&TEXT);
const PATTERNS: Shape = Shape::List(&Shape::Scalar(Scalar::Regex));
const ARGV: Shape = Shape::List(&Shape::List(&TEXT));
const SETTINGS: Shape = Shape::List(&Shape::Object(&SETTING));
const PATH: Shape = Shape::Scalar(Scalar::Line("a path"));

/// The whole file.
pub(super) static STRUCTURE: Object = Object {
    name: "structureTest",
    about: "Container structure tests.",
    needs: Needs::Key("schemaVersion"),
    fields: &[&[
        field("schemaVersion", Shape::Scalar(Scalar::Choice(&["2.0.0"])), "The version of the format."),
        field("globalEnvVars", SETTINGS, "Variables of every command."),
        field("commandTests", Shape::List(&Shape::Object(&COMMAND)), "Commands."),
        field("fileExistenceTests", Shape::List(&Shape::Object(&FILE)), "Paths."),
        field("fileContentTests", Shape::List(&Shape::Object(&CONTENT)), "Contents of files."),
        field("metadataTest", Shape::Object(&METADATA), "The configuration."),
        field("licenseTests", Shape::Any, "Not used."),
        field("containerRunOptions", Shape::Any, "Not used."),
    ]],
};

static SETTING: Object = Object {
    name: "setting",
    about: "A name and its value.",
    needs: Needs::Key("key"),
    fields: &[&[
        field("key", NAME, "The name."),
        field("value", TEXT, "The value."),
        field("isRegex", FLAG, "Whether the value is a regular expression."),
    ]],
};

static NAMED: [Field; 1] = [field("name", NAME, "The name.")];

static COMMAND: Object = Object {
    name: "commandTest",
    about: "A command.",
    needs: Needs::Key("command"),
    fields: &[
        &NAMED,
        &[
            field("command", NAME, "The command."),
            field("args", TEXTS, "Its arguments."),
            field("setup", ARGV, "Commands before it."),
            field("teardown", ARGV, "Commands after it."),
            field("envVars", SETTINGS, "Its variables."),
            field("expectedOutput", PATTERNS, "Found in standard output."),
            field("excludedOutput", PATTERNS, "Not found in standard output."),
            field("expectedError", PATTERNS, "Found in standard error."),
            field("excludedError", PATTERNS, "Not found in standard error."),
            field("exitCode", Shape::Scalar(Scalar::Integer { least: 0, most: 255 }), "Its exit code."),
        ],
    ],
};

static FILE: Object = Object {
    name: "fileExistenceTest",
    about: "A path that is there, or is not.",
    needs: Needs::Key("path"),
    fields: &[
        &NAMED,
        &[
            field("path", PATH, "The path."),
            field("shouldExist", FLAG, "Whether it must be there."),
            field("permissions", NAME, "Type and permissions in letters."),
            field("uid", NUMBER, "Owner."),
            field("gid", NUMBER, "Group."),
            field(
                "isExecutableBy",
                Shape::Scalar(Scalar::Choice(&["owner", "group", "other", "any"])),
                "Who can execute it.",
            ),
        ],
    ],
};

static CONTENT: Object = Object {
    name: "fileContentTest",
    about: "What stands in a file.",
    needs: Needs::Key("path"),
    fields: &[
        &NAMED,
        &[
            field("path", PATH, "The path."),
            field("expectedContents", PATTERNS, "Found in it."),
            field("excludedContents", PATTERNS, "Not found in it."),
        ],
    ],
};

static METADATA: Object = Object {
    name: "metadataTest",
    about: "The configuration.",
    needs: Needs::Nothing,
    fields: &[&[
        field("envVars", SETTINGS, "Variables that are set."),
        field("env", SETTINGS, "Variables that are set, in an older spelling."),
        field("unboundEnvVars", SETTINGS, "Variables that are not set."),
        field("labels", SETTINGS, "Labels."),
        field("exposedPorts", TEXTS, "Ports that are exposed."),
        field("unexposedPorts", TEXTS, "Ports that are not."),
        field("volumes", TEXTS, "Volumes."),
        field("unmountedVolumes", TEXTS, "Directories that are no volumes."),
        field("entrypoint", TEXTS, "The entrypoint."),
        field("cmd", TEXTS, "The command."),
        field("workdir", TEXT, "The working directory."),
        field("user", TEXT, "The user."),
    ]],
};
