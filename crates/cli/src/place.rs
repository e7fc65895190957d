//! Where workloads run: the embedded sandbox.

use casehard_engine::{Container, Sandbox, Spec, Store};
use casehard_image::Image;
use casehard_verify::job::{Place, PlaceError, Recorded};

use crate::{Context, Failure};

/// The embedded sandbox.
pub struct Here {
    sandbox: Sandbox,
}

/// Opens the sandbox, and says what it lacks on this machine.
pub fn sandbox(context: &Context) -> Result<Here, Failure> {
    let store = Store::open(&context.cache()?.join("store"))
        .map_err(|error| Failure::cannot("failed to open the store of unpacked images", &error))?;
    let sandbox =
        Sandbox::new(store).map_err(|error| Failure::cannot("failed to open the sandbox", &error))?;
    sandbox.limitations().iter().for_each(|line| context.say(format_args!("note: {line}")));
    Ok(Here { sandbox })
}

impl Place for Here {
    fn start(&self, image: &Image, spec: &Spec) -> Result<Box<dyn Container>, PlaceError> {
        Ok(self.sandbox.start(image, spec)?)
    }

    fn record(&self, _image: &Image, _spec: &Spec) -> Result<Recorded, PlaceError> {
        Err("no recorder".into())
    }
}
