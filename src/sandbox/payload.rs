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

const FIRST_NAMES: [&str; 8] = ["Åse", "Jörg", "Chloé", "Renée", "Ola", "Zoë", "Søren", "Ana María"];
const LAST_NAMES: [&str; 8] = ["Ødegård", "O'Neill", "Müller", "Ñáñez", "Hansen", "Åkesson", "D'Angelo", "Łukasz"];
const STREETS: [&str; 4] = ["Storgata", "Karl Johans gate", "Østre Strandvei", "Kirkeveien"];
const CITIES: [(&str, &str); 4] = [("0155", "Oslo"), ("5003", "Bergen"), ("7011", "Trondheim"), ("9008", "Tromsø")];
const PRODUCTS: [&str; 8] = [
    "Wool jumper, navy",
    "Rain jacket \"Bergen\"",
    "T-shirt 2-pack",
    "Børste & såpe",
    "Sneaker low 42½",
    "Tote bag",
    "Linen shirt",
    "Knit cap",
];
const SELLERS: [&str; 4] = ["kari", "per", "ingrid", "till-2"];
const REASONS: [&str; 4] = ["Damaged", "Theft", "Found", "Sample"];

/// Invents values; the same seed invents the same ones.
struct Inventor(u64);

impl Inventor {
    fn of(event_id: &str) -> Self {
        Self(event_id.bytes().fold(17, |sum, byte| spread(sum ^ u64::from(byte))))
    }

    /// A number below `end`.
    fn below(&mut self, end: u64) -> u64 {
        self.0 = spread(self.0);
        self.0 % end.max(1)
    }

    fn one_of<T: Copy>(&mut self, values: &[T], otherwise: T) -> T {
        let index = usize::try_from(self.below(values.len() as u64)).unwrap_or(0);
        values.get(index).copied().unwrap_or(otherwise)
    }

    fn store(&mut self) -> u64 {
        100 + self.below(12)
    }

    /// A thirteen-digit article number with its check digit.
    fn gtin(&mut self) -> String {
        let body = 700_000_000_000 + self.below(99_999_999_999);
        let digits = format!("{body}");
        let weighted: u64 = digits.bytes().zip([1, 3].into_iter().cycle()).map(|(d, w)| u64::from(d - b'0') * w).sum();
        format!("{digits}{}", (10 - weighted % 10) % 10)
    }

    /// An article and how many of it; with the total in hundredths.
    fn line(&mut self, number: u64) -> (Value, u64) {
        let (quantity, price) = (1 + self.below(3), 4_900 + 1_000 * self.below(95));
        let discount = if self.below(4) == 0 { price / 10 } else { 0 };
        let total = quantity * (price - discount);
        let line = json!({
            "lineNo": number,
            "gtin": self.gtin(),
            "productId": 10_000 + self.below(5_000),
            "productName": self.one_of(&PRODUCTS, "Article"),
            "quantity": quantity,
            "price": money(price),
            "discount": money(discount * quantity),
            "vatPercent": 25,
            "lineTotal": money(total),
        });
        (line, total)
    }

    fn lines(&mut self) -> (Vec<Value>, u64) {
        let count = 1 + self.below(4);
        let lines: Vec<(Value, u64)> = (1..=count).map(|number| self.line(number)).collect();
        let total = lines.iter().map(|(_, total)| total).sum();
        (lines.into_iter().map(|(line, _)| line).collect(), total)
    }

    /// Articles on the move, without prices.
    fn items(&mut self) -> Vec<Value> {
        let count = 1 + self.below(5);
        (0..count).map(|_| json!({ "gtin": self.gtin(), "quantity": 1 + self.below(12) })).collect()
    }

    fn address(&mut self) -> Value {
        let (code, city) = self.one_of(&CITIES, ("0155", "Oslo"));
        let street = format!("{} {}", self.one_of(&STREETS, "Storgata"), 1 + self.below(120));
        json!({ "street": street, "postalCode": code, "city": city, "country": "NO" })
    }

    fn customer(&mut self) -> Value {
        let number = self.below(1_000_000);
        json!({
            "customerId": number,
            "firstName": self.one_of(&FIRST_NAMES, "Ola"),
            "lastName": self.one_of(&LAST_NAMES, "Hansen"),
            "email": format!("customer{number}@example.com"),
            "phone": format!("+47000{:05}", self.below(100_000)),
            "address": self.address(),
            "acceptsMarketing": self.below(2) == 0,
        })
    }

    fn sale(&mut self, external: bool) -> Value {
        let (store, (lines, total)) = (self.store(), self.lines());
        let number = self.below(1_000_000);
        let mut sale = json!({
            "saleId": self.below(10_000_000),
            "storeId": store,
            "receiptNo": format!("{store}-{number:06}"),
            "customerId": (self.below(3) == 0).then(|| self.below(1_000_000)),
            "currency": "NOK",
            "saleLines": lines,
            "paymentLines": [{ "type": self.one_of(&["Card", "Cash", "Vipps", "GiftCard"], "Card"), "amount": money(total) }],
            "total": money(total),
        });
        if external {
            sale["externalSaleId"] = format!("WEB-{number:08}").into();
            sale["channel"] = "Webshop".into();
        } else {
            sale["soldBy"] = self.one_of(&SELLERS, "till-2").into();
        }
        sale
    }

    fn order(&mut self, status: &str) -> Value {
        let (lines, total) = self.lines();
        json!({
            "orderId": self.below(1_000_000),
            "externalOrderId": format!("WEB-{:08}", self.below(100_000_000)),
            "storeId": self.store(),
            "orderStatus": status,
            "customer": self.customer(),
            "orderLines": lines,
            "shippingAddress": self.address(),
            "total": money(total),
            "currency": "NOK",
        })
    }

    fn transfer(&mut self, status: &str, is_virtual: bool) -> Value {
        let from = self.store();
        json!({
            "transferId": self.below(1_000_000),
            "fromStockId": from,
            "toStockId": 100 + (from - 100 + 1 + self.below(11)) % 12,
            "isVirtual": is_virtual,
            "status": status,
            "items": self.items(),
        })
    }
}

/// Hundredths as the amount they are.
fn money(hundredths: u64) -> f64 {
    hundredths as f64 / 100.0
}

/// The payload of an event, decided by its type and id.
pub(super) fn payload(event_type: &str, event_id: &str) -> Value {
    let mut invent = Inventor::of(event_id);
    match event_type {
        "SaleCreated" => invent.sale(false),
        "SaleExternalCreated" => invent.sale(true),
        "InvoiceCreated" => {
            let (lines, total) = invent.lines();
            json!({
                "invoiceNo": 20_000 + invent.below(80_000),
                "storeId": invent.store(),
                "customerId": invent.below(1_000_000),
                "dueInDays": invent.one_of(&[14, 30, 45], 30),
                "invoiceLines": lines,
                "total": money(total),
                "currency": "NOK",
            })
        }
        "CustomerCreated" | "CustomerUpdated" => invent.customer(),
        "OmniChannelOrderFulfilled" => invent.order("Fulfilled"),
        "OmniChannelOrderUpdated" => {
            let status = invent.one_of(&["Accepted", "Picked", "Cancelled"], "Picked");
            invent.order(status)
        }
        "OmniChannelOrderRefundUpdated" => {
            let (order, (lines, total)) = (invent.below(1_000_000), invent.lines());
            json!({ "orderId": order, "refundStatus": "Refunded", "refundLines": lines, "refundAmount": money(total) })
        }
        "OmniChannelEndlessAisleOrderCreated" => {
            let mut order = invent.order("Created");
            order["orderedInStoreId"] = invent.store().into();
            order
        }
        "DeliveryItemsReceived" | "DeliveryCompleted" => json!({
            "deliveryId": invent.below(1_000_000),
            "deliveryNo": format!("D-{:06}", invent.below(1_000_000)),
            "stockId": invent.store(),
            "supplierId": 500 + invent.below(40),
            "items": invent.items(),
        }),
        "ProductTransferCreated" => invent.transfer("Sent", false),
        "ProductTransferReceived" => invent.transfer("Received", false),
        "ProductTransferVirtualCreated" => invent.transfer("Sent", true),
        "ProductTransferVirtualReceived" => invent.transfer("Received", true),
        "StockMovementCreated" => json!({
            "movementId": invent.below(10_000_000),
            "stockId": invent.store(),
            "movementType": invent.one_of(&["Sale", "Return", "Delivery", "Transfer"], "Sale"),
            "movements": invent.items(),
        }),
        "StockAdjustmentCreated" => json!({
            "adjustmentId": invent.below(1_000_000),
            "stockId": invent.store(),
            "reason": invent.one_of(&REASONS, "Found"),
            "items": invent.items(),
        }),
        "StockCountReconciled" => json!({
            "stockCountId": invent.below(100_000),
            "stockId": invent.store(),
            "countedItems": 200 + invent.below(4_000),
            "differences": invent.items(),
        }),
        "StockReservationCreated" | "StockReservationExpired" => json!({
            "reservationId": invent.below(1_000_000),
            "stockId": invent.store(),
            "customerId": invent.below(1_000_000),
            "items": invent.items(),
        }),
        "POSSettlementCreated" => {
            let (cash, card) = (invent.below(900_000), invent.below(9_000_000));
            json!({
                "settlementId": invent.below(1_000_000),
                "storeId": invent.store(),
                "registerNo": 1 + invent.below(4),
                "numberOfSales": 1 + invent.below(300),
                "payments": [{ "type": "Cash", "amount": money(cash) }, { "type": "Card", "amount": money(card) }],
                "total": money(cash + card),
                "currency": "NOK",
            })
        }
        // New types are added now and then.
        _ => json!({ "id": invent.below(1_000_000), "storeId": invent.store() }),
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
    fn what_is_sold_is_paid() {
        for number in 0..50 {
            let sale = payload("SaleCreated", &number.to_string());
            let hundredths = |value: &Value| (value.as_f64().expect("an amount") * 100.0).round() as i64;
            let lines = sale["saleLines"].as_array().expect("lines");
            let sum: i64 = lines.iter().map(|line| hundredths(&line["lineTotal"])).sum();
            assert_eq!((sum, sum), (hundredths(&sale["total"]), hundredths(&sale["paymentLines"][0]["amount"])));
        }
    }

    #[test]
    fn article_numbers_pass_their_own_check() {
        let digits = |gtin: &str| gtin.bytes().map(|digit| u32::from(digit - b'0')).collect::<Vec<_>>();
        for number in 0..50 {
            let gtin = Inventor(number).gtin();
            let digits = digits(&gtin);
            let sum: u32 =
                digits.iter().rev().enumerate().map(|(at, digit)| digit * if at % 2 == 1 { 3 } else { 1 }).sum();
            assert_eq!((digits.len(), sum % 10), (13, 0), "{gtin}");
        }
    }

    #[test]
    fn goods_are_never_moved_to_where_they_are() {
        for number in 0..200 {
            let transfer = payload("ProductTransferCreated", &number.to_string());
            assert_ne!(transfer["fromStockId"], transfer["toStockId"]);
        }
    }

    #[test]
    fn the_payload_of_an_event_never_changes() {
        assert_eq!(payload("SaleCreated", "x"), payload("SaleCreated", "x"));
        assert_ne!(payload("SaleCreated", "x"), payload("SaleCreated", "y"));
    }
}
