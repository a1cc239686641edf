//! `types`: the event types the vendor knows, and the schema of one. It only reads.

use clap::Args;

use crate::cli::arguments::GlobalFlags;
use crate::cli::console::Console;
use crate::cli::errors::CliError;
use crate::cli::flags::{AddressFlags, FormatFlags};
use crate::cli::vendor::{Failure, Vendor, VendorSettings};
use crate::cli::wiring::Workshop;
use crate::config::Surroundings;
use crate::config::suggest::nearest;
use crate::exit::ExitCode;
use crate::provider::ProviderError;
use crate::report::vendor::{TypeList, TypeSchema, named_types};

/// The longest name of an event type, in bytes.
const LONGEST_TYPE: usize = 200;

/// Flags of `types`.
#[derive(Clone, Debug, Args)]
pub struct TypesArgs {
    /// Show the schema of this event type [default: list the types]
    #[arg(value_name = "TYPE")]
    event_type: Option<String>,
    #[command(flatten)]
    address: AddressFlags,
    #[command(flatten)]
    format: FormatFlags,
}

/// Asks the vendor and shows what it answers.
///
/// # Errors
/// When the settings can't be used, the vendor can't be asked or does not know the type, or standard
/// output can't be written.
pub fn run(args: TypesArgs, global: GlobalFlags, surroundings: &Surroundings) -> Result<ExitCode, CliError> {
    let TypesArgs { event_type, address, format } = args;
    let flags = global.with(|layer| {
        address.put(layer);
        format.put(layer);
    });
    let event_type = event_type.map(|text| readable(&text)).transpose()?;
    let settings = VendorSettings::resolve(flags, surroundings)?;
    let workshop = Workshop::new(&surroundings.environment);
    match event_type {
        None => {
            let asked = async |vendor: &Vendor| Ok(vendor.read(async |provider| provider.event_types().await).await?);
            let answer = settings.call(surroundings, asked)?;
            workshop.show(&TypeList { answer }, &settings.output)?;
        }
        Some(event_type) => {
            let answer = settings.call(surroundings, async |vendor| schema(vendor, &event_type).await)?;
            workshop.show(&TypeSchema { event_type, answer }, &settings.output)?;
        }
    }
    Ok(ExitCode::Clean)
}

/// An event type as a person wrote it.
///
/// # Errors
/// When it is empty or beyond all measure.
pub fn readable(text: &str) -> Result<String, CliError> {
    let text = text.trim();
    if text.is_empty() || text.len() > LONGEST_TYPE || text.contains(char::is_control) {
        return Err(CliError::new(ExitCode::Usage, "this can't be an event type")
            .hint("write a name such as SaleCreated; `hookmend types` lists them"));
    }
    Ok(text.to_owned())
}

async fn schema(vendor: &Vendor, event_type: &str) -> Result<serde_json::Value, CliError> {
    match vendor.read(async |provider| provider.event_type_schema(event_type).await).await {
        Ok(answer) => Ok(answer),
        Err(Failure::Vendor(ProviderError::NotFound { .. } | ProviderError::UnknownPath { .. })) => {
            let answer = vendor.read(async |provider| provider.event_types().await).await?;
            let known = named_types(&answer).unwrap_or_default();
            Err(unknown(event_type, &known.iter().map(|named| named.name).collect::<Vec<_>>()))
        }
        Err(other) => Err(other.into()),
    }
}

/// Holds an event type against those the vendor lists. Where its answer has no names, any type may be
/// right, and the vendor will say.
///
/// # Errors
/// When the vendor can't be asked or lists types and not this one.
pub async fn check(vendor: &Vendor, event_type: &str, console: Console) -> Result<(), CliError> {
    let answer = match vendor.read(async |provider| provider.event_types().await).await {
        Ok(answer) => answer,
        Err(Failure::Vendor(error @ (ProviderError::NotFound { .. } | ProviderError::Unreadable { .. }))) => {
            console.warn(&format!("the event type was not checked: {error}"));
            return Ok(());
        }
        Err(other) => return Err(other.into()),
    };
    let known: Vec<&str> = named_types(&answer).unwrap_or_default().iter().map(|named| named.name).collect();
    if known.is_empty() || known.contains(&event_type) { Ok(()) } else { Err(unknown(event_type, &known)) }
}

fn unknown(event_type: &str, known: &[&str]) -> CliError {
    let error = CliError::new(ExitCode::Usage, format!("the vendor knows no event type {event_type:?}"));
    match nearest(event_type, known.iter().copied()) {
        Some(near) => error.hint(format!("did you mean {near}?")),
        None => error.hint("`hookmend types` lists them"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_event_type_gets_its_nearest() {
        let error = unknown("SalesCreated", &["InvoiceCreated", "SaleCreated"]);
        assert_eq!(
            (error.exit, error.hints.as_slice()),
            (ExitCode::Usage, &["did you mean SaleCreated?".to_owned()][..])
        );
        assert_eq!(unknown("zzz", &["SaleCreated"]).hints, ["`hookmend types` lists them"]);
    }

    #[test]
    fn what_can_not_be_an_event_type_is_refused() {
        assert_eq!(readable(" SaleCreated\n").unwrap(), "SaleCreated");
        for text in ["", " ", "Sale\u{1b}[2J", &"x".repeat(201)] {
            assert_eq!(readable(text).unwrap_err().exit, ExitCode::Usage);
        }
    }
}
