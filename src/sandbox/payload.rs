//! What the vendor's events are about: the event types, their payloads and their schemas.
//!
//! Payloads are invented, seeded and of a plausible shape; the real ones are not documented.

use serde_json::{Value, json};

use super::bulk::spread;

/// The event types of the vendor's guide.
pub(super) const EVENT_TYPES: [&str; 21] = [
    "SaleCreated",
    "CustomerCreated",
    "StockMovementCreated",
    "OmniChannelOrderFulfilled",
    "CustomerUpdated",
    "DeliveryItemsReceived",
    "DeliveryCompleted",
    "InvoiceCreated",
    "OmniChannelEndlessAisleOrderCreated",
    "OmniChannelOrderRefundUpdated",
    "OmniChannelOrderUpdated",
    "ProductTransferCreated",
    "ProductTransferReceived",
    "ProductTransferVirtualCreated",
    "ProductTransferVirtualReceived",
    "SaleExternalCreated",
    "StockAdjustmentCreated",
    "StockCountReconciled",
    "POSSettlementCreated",
    "StockReservationCreated",
    "StockReservationExpired",
];

const FIRST_NAMES: [&str; 4] = ["Åse", "Jörg", "Chloé", "Renée"];
const LAST_NAMES: [&str; 4] = ["Ødegård", "O'Neill", "Müller", "Ñáñez"];

/// What a payload is made of.
#[derive(Clone, Copy)]
enum Family {
    Sale,
    Customer,
    Order,
    Stock,
    Other,
}

fn family(event_type: &str) -> Family {
    if event_type.starts_with("Sale") || event_type.starts_with("Invoice") {
        Family::Sale
    } else if event_type.starts_with("Customer") {
        Family::Customer
    } else if event_type.starts_with("OmniChannel") {
        Family::Order
    } else if event_type.starts_with("Stock") || event_type.starts_with("Product") || event_type.starts_with("Delivery")
    {
        Family::Stock
    } else {
        Family::Other
    }
}

/// The payload of an event, decided by its type and id.
pub(super) fn payload(event_type: &str, event_id: &str) -> Value {
    let number = event_id.bytes().fold(17, |sum, byte| spread(sum ^ u64::from(byte)));
    let store = 100 + number % 12;
    let item = |salt: u64| {
        let bits = spread(number ^ salt);
        json!({
            "gtin": format!("70{:011}", bits % 100_000_000_000),
            "quantity": 1 + bits % 3,
            "price": (9900 + bits % 90_000) as f64 / 100.0,
        })
    };
    match family(event_type) {
        Family::Sale => json!({
            "saleId": number % 10_000_000,
            "storeId": store,
            "receiptNo": format!("{store}-{:06}", number % 1_000_000),
            "currency": "NOK",
            "saleLines": [item(1), item(2)],
            "paymentLines": [{ "type": "Card", "amount": (19_800 + number % 90_000) as f64 / 100.0 }],
        }),
        Family::Customer => json!({
            "customerId": number % 1_000_000,
            "firstName": FIRST_NAMES[(number % 4) as usize],
            "lastName": LAST_NAMES[(number / 7 % 4) as usize],
            "email": format!("customer{}@example.com", number % 1_000_000),
        }),
        Family::Order => json!({
            "orderId": number % 1_000_000,
            "externalOrderId": format!("WEB-{:08}", number % 100_000_000),
            "storeId": store,
            "orderStatus": "Fulfilled",
            "orderLines": [item(3)],
        }),
        Family::Stock => json!({
            "stockId": store,
            "movements": [item(4), item(5), item(6)],
        }),
        Family::Other => json!({ "id": number % 1_000_000, "storeId": store }),
    }
}

/// The schema of an event type, or `None` for one the vendor does not know.
pub(super) fn schema(event_type: &str) -> Option<Value> {
    let known = EVENT_TYPES.iter().find(|known| **known == event_type)?;
    let sample = payload(known, "schema");
    let properties: serde_json::Map<String, Value> = sample
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), json!({ "type": type_name(value) })))
        .collect();
    Some(json!({ "title": known, "type": "object", "properties": properties }))
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_type_has_a_payload_and_a_schema_that_name_the_same_fields() {
        for event_type in EVENT_TYPES {
            let payload = payload(event_type, "some-id");
            let schema = schema(event_type).expect("a schema");
            let fields: Vec<&String> = payload.as_object().expect("an object").keys().collect();
            let described: Vec<&String> = schema["properties"].as_object().expect("an object").keys().collect();
            assert_eq!(fields, described, "{event_type}");
            assert!(!fields.is_empty());
        }
        assert_eq!(schema("Nonsense"), None);
    }

    #[test]
    fn the_payload_of_an_event_never_changes() {
        assert_eq!(payload("SaleCreated", "x"), payload("SaleCreated", "x"));
        assert_ne!(payload("SaleCreated", "x"), payload("SaleCreated", "y"));
    }
}
