//! `webhooks list`, `create`, `update` and `delete`: the subscriptions at the vendor. Beside a resend
//! these are the only commands that change anything there; each writes once and looks afterwards.

mod changes;
mod receiver;

use clap::{ArgGroup, Args, Subcommand};

use crate::cli::arguments::GlobalFlags;
use crate::cli::console::Console;
use crate::cli::errors::CliError;
use crate::cli::exit_status::{self, after_help_with, section_with};
use crate::cli::flags::{AddressFlags, FormatFlags};
use crate::cli::types;
use crate::cli::vendor::{Failure, Vendor, VendorSettings, write_error};
use crate::cli::wiring::Workshop;
use crate::config::suggest::nearest_id;
use crate::config::{Consent, Surroundings};
use crate::event::WebhookId;
use crate::exit::ExitCode;
use crate::provider::{ProviderError, Webhook, WebhookDraft};
use crate::reconcile::Approval;
use crate::report::past::Names;
use crate::report::vendor::{Confirmation, Urls, WebhookAction, WebhookList};
use receiver::ReceiverFlags;

const LIST_EXAMPLES: [(&str, &str); 2] = [
    ("which webhooks there are", "hookmend webhooks list"),
    ("their ids, for a script", "hookmend webhooks list --format json | jq -r '.webhooks[].webhook_id'"),
];

const CREATE_EXAMPLES: [(&str, &str); 2] = [
    (
        "have sales delivered",
        "hookmend webhooks create --event-type SaleCreated --url https://receiver.example/hooks/sales",
    ),
    (
        "with a token in the URL, which others on this machine must not see",
        "hookmend webhooks create --event-type SaleCreated --url - < url.txt",
    ),
];

const UPDATE_EXAMPLES: [(&str, &str); 2] = [
    ("move a receiver", "hookmend webhooks update sales --url https://new.example/hooks/sales"),
    ("from a script, the URL in a variable", "hookmend webhooks update sales --url-env RECEIVER_URL --yes"),
];

const DELETE_EXAMPLES: [(&str, &str); 1] =
    [("stop deliveries for good", "hookmend webhooks delete 7a61f8ae-5d0c-4e43-9a52-5a0a6b0f6d11")];

/// Where to look when the answer to a write was lost.
const LOOK: &str = "look with `hookmend webhooks list` before trying again";

/// The commands about webhooks.
#[derive(Clone, Debug, Subcommand)]
pub enum WebhooksCommand {
    /// List the webhooks the keys can see
    ///
    /// Lists the subscriptions at the vendor: one event type and one URL each. What may be secret in
    /// URLs is masked: user names and passwords, values in the query, whatever looks like a token in
    /// the path, and what follows a #.
    #[command(after_help = after_help_with(&LIST_EXAMPLES, &section_with(&exit_status::VENDOR)))]
    List(ListArgs),
    /// Subscribe a receiver to an event type
    ///
    /// Creates a webhook, asks the vendor for it again and shows it. The event type is held against
    /// those the vendor lists. A webhook that would deliver the same events to the same URL a second
    /// time is created only after a yes.
    #[command(after_help = after_help_with(&CREATE_EXAMPLES, &section_with(&exit_status::WEBHOOKS)))]
    Create(CreateArgs),
    /// Change the event type or the URL of a webhook
    ///
    /// Shows what changes and asks first; without a terminal it needs --yes. Afterwards the vendor is
    /// asked for the webhook again, and it is shown.
    #[command(after_help = after_help_with(&UPDATE_EXAMPLES, &section_with(&exit_status::WEBHOOKS)))]
    Update(UpdateArgs),
    /// Delete a webhook
    ///
    /// Shows what the webhook is and asks first; without a terminal it needs --yes. Nothing is
    /// delivered any more, and the vendor may forget the events of the webhook, so reconcile it first.
    #[command(after_help = after_help_with(&DELETE_EXAMPLES, &section_with(&exit_status::WEBHOOKS)))]
    Delete(DeleteArgs),
}

/// Flags of all of them.
#[derive(Clone, Debug, Default, Args)]
struct SharedFlags {
    /// Show URLs whole, with whatever secrets they hold
    #[arg(long)]
    show_urls: bool,
    #[command(flatten)]
    address: AddressFlags,
    #[command(flatten)]
    format: FormatFlags,
}

/// Flags of `webhooks list`.
#[derive(Clone, Debug, Default, Args)]
pub struct ListArgs {
    #[command(flatten)]
    shared: SharedFlags,
}

/// Flags of `webhooks create`.
#[derive(Clone, Debug, Args)]
#[command(mut_group("ReceiverFlags", |group| group.required(true)))]
pub struct CreateArgs {
    /// The event type to deliver; `hookmend types` lists them
    #[arg(long, value_name = "TYPE", required = true)]
    event_type: String,
    #[command(flatten)]
    receiver: ReceiverFlags,
    /// Do not ask before creating a second webhook of the same type and URL
    #[arg(long, short = 'y')]
    yes: bool,
    #[command(flatten)]
    shared: SharedFlags,
}

/// Flags of `webhooks update`.
#[derive(Clone, Debug, Args)]
#[command(group = ArgGroup::new("what").required(true).multiple(true).args(["event_type", "url", "url_env"]))]
pub struct UpdateArgs {
    /// The webhook, by id or by name from the settings
    #[arg(value_name = "ID|NAME")]
    webhook: String,
    /// Deliver this event type instead
    #[arg(long, value_name = "TYPE")]
    event_type: Option<String>,
    #[command(flatten)]
    receiver: ReceiverFlags,
    /// Do not ask first
    #[arg(long, short = 'y')]
    yes: bool,
    #[command(flatten)]
    shared: SharedFlags,
}

/// Flags of `webhooks delete`.
#[derive(Clone, Debug, Args)]
pub struct DeleteArgs {
    /// The webhook, by id or by name from the settings
    #[arg(value_name = "ID|NAME")]
    webhook: String,
    /// Do not ask first
    #[arg(long, short = 'y')]
    yes: bool,
    #[command(flatten)]
    shared: SharedFlags,
}

/// Carries out one of them.
///
/// # Errors
/// When the settings can't be used, the vendor can't be asked, refuses or does not answer a write, or
/// nobody agreed.
pub fn run(command: WebhooksCommand, global: GlobalFlags, surroundings: &Surroundings) -> Result<ExitCode, CliError> {
    match command {
        WebhooksCommand::List(args) => list(args, global, surroundings),
        WebhooksCommand::Create(args) => create(args, global, surroundings),
        WebhooksCommand::Update(args) => update(args, global, surroundings),
        WebhooksCommand::Delete(args) => delete(args, global, surroundings),
    }
}

/// The settings of one of these commands, and how it shows URLs.
struct Desk<'a> {
    settings: VendorSettings,
    urls: Urls,
    surroundings: &'a Surroundings,
}

impl<'a> Desk<'a> {
    fn new(shared: SharedFlags, global: GlobalFlags, surroundings: &'a Surroundings) -> Result<Self, CliError> {
        let SharedFlags { show_urls, address, format } = shared;
        let flags = global.with(|layer| {
            address.put(layer);
            format.put(layer);
        });
        let urls = if show_urls { Urls::Whole } else { Urls::Masked };
        Ok(Self { settings: VendorSettings::resolve(flags, surroundings)?, urls, surroundings })
    }

    fn console(&self) -> Console {
        self.settings.console
    }

    fn names(&self) -> &Names {
        &self.settings.names
    }

    fn call<T>(&self, work: impl AsyncFnOnce(&Vendor) -> Result<T, CliError>) -> Result<T, CliError> {
        self.settings.call(self.surroundings, work)
    }

    fn show(&self, action: WebhookAction, webhooks: Vec<Webhook>) -> Result<(), CliError> {
        self.show_done(Done {
            action,
            webhooks,
            previous: None,
            confirmation: Confirmation::NothingToConfirm,
            unseen: None,
        })?;
        Ok(())
    }

    /// Shows what was done, then what kept it from being seen.
    fn show_done(&self, done: Done) -> Result<ExitCode, CliError> {
        let Done { action, webhooks, previous, confirmation, unseen } = done;
        let names = self.names().clone();
        let list = WebhookList { names, urls: self.urls, action, webhooks, previous, confirmation };
        Workshop::new(&self.surroundings.environment).show(&list, &self.settings.output)?;
        match (unseen, confirmation) {
            (Some(error), _) => Err(error),
            (None, Confirmation::Differs) => {
                Err(CliError::new(ExitCode::Undetermined, "the vendor does not show what it was asked for")
                    .hint("it may be slow to show changes; look again with `hookmend webhooks list`"))
            }
            (None, Confirmation::NothingToConfirm | Confirmation::Confirmed | Confirmation::NotSeen) => {
                Ok(ExitCode::Clean)
            }
        }
    }
}

/// What was done, and what the vendor showed afterwards.
struct Done {
    action: WebhookAction,
    webhooks: Vec<Webhook>,
    previous: Option<Webhook>,
    confirmation: Confirmation,
    /// Why it was not seen.
    unseen: Option<CliError>,
}

/// How a command that may ask ended.
enum Answered {
    Done(Box<Done>),
    Declined,
}

impl Answered {
    fn done(done: Done) -> Self {
        Self::Done(Box::new(done))
    }

    fn show(self, desk: &Desk<'_>) -> Result<ExitCode, CliError> {
        match self {
            Self::Done(done) => desk.show_done(*done),
            Self::Declined => {
                desk.console().note("nothing was changed");
                Ok(ExitCode::Left)
            }
        }
    }
}

fn consent(yes: bool) -> Consent {
    // Only the flag counts: `yes` in the settings agrees to resends, not to this.
    if yes { Consent::Given } else { Consent::Ask }
}

fn list(args: ListArgs, global: GlobalFlags, surroundings: &Surroundings) -> Result<ExitCode, CliError> {
    let desk = Desk::new(args.shared, global, surroundings)?;
    let mut webhooks = desk.call(async |vendor| vendor.webhooks().await)?;
    webhooks.sort_by(|left, right| (&left.event_type, &left.id).cmp(&(&right.event_type, &right.id)));
    desk.show(WebhookAction::List, webhooks)?;
    Ok(ExitCode::Clean)
}

fn create(args: CreateArgs, global: GlobalFlags, surroundings: &Surroundings) -> Result<ExitCode, CliError> {
    let CreateArgs { event_type, receiver, yes, shared } = args;
    let desk = Desk::new(shared, global, surroundings)?;
    let event_type = types::readable(&event_type)?;
    let Some(url) = receiver.read(surroundings, desk.console())? else {
        return Err(CliError::new(ExitCode::Usage, "no URL is given").hint("give it with --url or --url-env"));
    };
    let draft = WebhookDraft { event_type, url };
    let answered = desk.call(async |vendor| {
        types::check(vendor, &draft.event_type, desk.console()).await?;
        let known = vendor.webhooks().await?;
        let is_same = |webhook: &&Webhook| webhook.event_type == draft.event_type && webhook.url == draft.url;
        if let Some(twin) = known.iter().find(is_same) {
            let told = changes::twin(twin, desk.names(), desk.urls);
            if desk.is_declined(vendor, consent(yes), &told, "Create a second one?").await? {
                return Ok(Answered::Declined);
            }
        }
        let created = match vendor.write(async |provider| provider.create_webhook(&draft).await).await {
            Ok(created) => created,
            Err(failure) => match newcomer_after(&failure, vendor, &known, &draft).await {
                Some(newcomer) => newcomer,
                None => return Err(write_error(failure, "the webhook was created", LOOK)),
            },
        };
        Ok(Answered::done(seen(vendor, WebhookAction::Create, created, None, &draft).await))
    })?;
    answered.show(&desk)
}

fn update(args: UpdateArgs, global: GlobalFlags, surroundings: &Surroundings) -> Result<ExitCode, CliError> {
    let UpdateArgs { webhook, event_type, receiver, yes, shared } = args;
    let desk = Desk::new(shared, global, surroundings)?;
    let id = desk.settings.loaded.one_webhook(&webhook)?;
    let event_type = event_type.map(|text| types::readable(&text)).transpose()?;
    let url = receiver.read(surroundings, desk.console())?;
    let answered = desk.call(async |vendor| {
        if let Some(event_type) = &event_type {
            types::check(vendor, event_type, desk.console()).await?;
        }
        let before = existing(vendor, &id).await?;
        let draft = changes::draft(&before, event_type.clone(), url.clone())?;
        let told = changes::told(&before, &draft, desk.names(), desk.urls);
        if told.is_empty() {
            return Ok(Answered::done(Done {
                action: WebhookAction::Update,
                webhooks: vec![before],
                previous: None,
                confirmation: Confirmation::NothingToConfirm,
                unseen: None,
            }));
        }
        if desk.is_declined(vendor, consent(yes), &told, "Change it?").await? {
            return Ok(Answered::Declined);
        }
        let changed = vendor.write(async |provider| provider.update_webhook(&id, &draft).await).await;
        changed.map_err(|failure| write_error(failure, "the webhook was changed", LOOK))?;
        let asked = Webhook { event_type: draft.event_type.clone(), url: draft.url.clone(), ..before.clone() };
        Ok(Answered::done(seen(vendor, WebhookAction::Update, asked, Some(before), &draft).await))
    })?;
    answered.show(&desk)
}

fn delete(args: DeleteArgs, global: GlobalFlags, surroundings: &Surroundings) -> Result<ExitCode, CliError> {
    let DeleteArgs { webhook, yes, shared } = args;
    let desk = Desk::new(shared, global, surroundings)?;
    let id = desk.settings.loaded.one_webhook(&webhook)?;
    let answered = desk.call(async |vendor| {
        let before = existing(vendor, &id).await?;
        let told = changes::doomed(&before, desk.names(), desk.urls);
        if desk.is_declined(vendor, consent(yes), &told, "Delete it?").await? {
            return Ok(Answered::Declined);
        }
        let deleted = vendor.write(async |provider| provider.delete_webhook(&id).await).await;
        deleted.map_err(|failure| write_error(failure, "the webhook was deleted", LOOK))?;
        let (confirmation, unseen) = match vendor.read(async |provider| provider.get_webhook(&id).await).await {
            Err(Failure::Vendor(ProviderError::NotFound { .. })) => (Confirmation::Confirmed, None),
            Ok(_) => (Confirmation::Differs, None),
            Err(failure) => (Confirmation::NotSeen, Some(failure.into())),
        };
        let action = WebhookAction::Delete;
        Ok(Answered::done(Done { action, webhooks: vec![before], previous: None, confirmation, unseen }))
    })?;
    answered.show(&desk)
}

impl Desk<'_> {
    /// Tells what would be done and asks for a yes where one is needed.
    async fn is_declined(
        &self,
        vendor: &Vendor,
        consent: Consent,
        told: &[String],
        question: &str,
    ) -> Result<bool, CliError> {
        Ok(match vendor.agreed(consent, told, question).await? {
            Approval::Granted => false,
            Approval::Denied => true,
        })
    }
}

/// Asks for a webhook that was written, and holds it against what was asked for.
async fn seen(
    vendor: &Vendor,
    action: WebhookAction,
    written: Webhook,
    previous: Option<Webhook>,
    draft: &WebhookDraft,
) -> Done {
    match vendor.read(async |provider| provider.get_webhook(&written.id).await).await {
        Ok(shown) => {
            let is_it = shown.event_type == draft.event_type && shown.url == draft.url;
            let confirmation = if is_it { Confirmation::Confirmed } else { Confirmation::Differs };
            Done { action, webhooks: vec![shown], previous, confirmation, unseen: None }
        }
        Err(failure) => {
            let unseen = Some(match failure {
                Failure::Vendor(ProviderError::NotFound { .. }) => not_shown(action),
                Failure::Vendor(_) | Failure::Stopped(_) => failure.into(),
            });
            // What the vendor's answer left out is what it was asked for.
            let or_asked = |told: &str, asked: &str| if told.is_empty() { asked } else { told }.to_owned();
            let written = Webhook {
                event_type: or_asked(&written.event_type, &draft.event_type),
                url: or_asked(&written.url, &draft.url),
                ..written
            };
            Done { action, webhooks: vec![written], previous, confirmation: Confirmation::NotSeen, unseen }
        }
    }
}

/// The error of a write that was accepted, where the vendor does not know the webhook afterwards.
fn not_shown(action: WebhookAction) -> CliError {
    let (message, hint) = match action {
        WebhookAction::Create => (
            "created, but the vendor does not show it yet",
            "look with `hookmend webhooks list` before creating it again (a second one would deliver every event \
             twice)",
        ),
        WebhookAction::List | WebhookAction::Update | WebhookAction::Delete => (
            "accepted, but the vendor does not show the webhook now",
            "it may be slow to show changes; look again with `hookmend webhooks list`",
        ),
    };
    CliError::new(ExitCode::Undetermined, message).hint(hint)
}

/// The webhook that was created although the vendor's answer does not tell of it.
async fn newcomer_after(
    failure: &Failure,
    vendor: &Vendor,
    known: &[Webhook],
    draft: &WebhookDraft,
) -> Option<Webhook> {
    match failure {
        // What kind of answer the vendor gives to a creation is not documented.
        Failure::Vendor(ProviderError::Unreadable { .. }) => {
            let now = vendor.webhooks().await.ok()?;
            newcomer(known, now, draft)
        }
        // It may still be under way, so looking now would tell nothing.
        Failure::Vendor(_) | Failure::Stopped(_) => None,
    }
}

/// The only webhook of this kind that was not there before.
fn newcomer(known: &[Webhook], now: Vec<Webhook>, draft: &WebhookDraft) -> Option<Webhook> {
    let is_new = |webhook: &Webhook| known.iter().all(|old| old.id != webhook.id);
    let is_it = |webhook: &Webhook| webhook.event_type == draft.event_type && webhook.url == draft.url;
    let mut found = now.into_iter().filter(|webhook| is_new(webhook) && is_it(webhook));
    found.next().filter(|_| found.next().is_none())
}

/// Gets a webhook that is to be changed.
async fn existing(vendor: &Vendor, id: &WebhookId) -> Result<Webhook, CliError> {
    match vendor.read(async |provider| provider.get_webhook(id).await).await {
        Ok(webhook) => Ok(webhook),
        Err(Failure::Vendor(ProviderError::NotFound { .. })) => {
            let known = vendor.webhooks().await?;
            let error = CliError::new(ExitCode::Usage, format!("the vendor knows no webhook {id}"));
            Err(match nearest_id(id.as_str(), known.iter().map(|webhook| webhook.id.as_str())) {
                Some(near) => error.hint(format!("did you mean {near}?")),
                None => error.hint("`hookmend webhooks list` shows those that the keys can see"),
            })
        }
        Err(other) => Err(other.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn webhook(id: &str, event_type: &str) -> Webhook {
        let url = "https://receiver.example/".to_owned();
        Webhook { id: WebhookId::new(id).unwrap(), event_type: event_type.to_owned(), url, store_id: None }
    }

    #[test]
    fn only_a_webhook_that_was_not_there_before_is_taken_for_the_new_one() {
        let draft = WebhookDraft { event_type: "A".to_owned(), url: "https://receiver.example/".to_owned() };
        let known = [webhook("old-1", "A"), webhook("old-2", "B")];
        let newcomer = |more: &[Webhook]| newcomer(&known, [&known[..], more].concat(), &draft);
        assert_eq!(newcomer(&[]), None);
        assert_eq!(newcomer(&[webhook("new-1", "B")]), None);
        assert_eq!(newcomer(&[webhook("new-1", "A")]), Some(webhook("new-1", "A")));
        assert_eq!(newcomer(&[webhook("new-1", "A"), webhook("new-2", "A")]), None, "somebody else is at it too");
    }

    #[test]
    fn only_the_flag_agrees() {
        assert_eq!((consent(true), consent(false)), (Consent::Given, Consent::Ask));
    }
}
