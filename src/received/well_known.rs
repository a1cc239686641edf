//! Names under which receivers log the id of an event, the likeliest first.

/// Fields that hold an event id when they exist.
pub(super) const ID_FIELDS: &[&str] = &[
    "event_id",
    "eventId",
    "webhookEventId",
    "webhook_event_id",
    "x-event-id",
    "X-Event-Id",
    "x_event_id",
    "http_x_event_id",
    "event.id",
    "/request/headers/X-Event-Id",
    "/headers/x-event-id",
    "/headers/X-Event-Id",
    "webhook-id",
    "message_id",
    "messageId",
    "id",
];

/// Fields that hold the status code of an answer; told of when they are not used.
pub(super) const STATUS_FIELDS: &[&str] = &["status", "status_code", "statusCode", "response_status"];
