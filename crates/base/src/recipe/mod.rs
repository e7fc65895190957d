//! Recipes: what an image is made of.

mod fields;
mod model;
mod read;

pub use model::{
    DirectoryEntry, FileContent, FileEntry, Flavour, GroupEntry, LinkEntry, Owner, Recipe, UserEntry,
};
pub use read::RecipeError;
