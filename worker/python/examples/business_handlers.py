"""Handlers of the examples of ordinary business.

Where a real handler would call another system, these read from the task's context what it answers.
"""

import hashlib

import tasker

# expense_approval


@tasker.step("expenses.total")
def expenses_total(context):
    return {"amount": sum(item["amount"] for item in context["items"])}


@tasker.step("expenses.pay")
def expenses_pay(total, approval=None):
    return {"amount": total["amount"], "approved_by": approval["by"] if approval else None}


@tasker.step("expenses.refuse")
def expenses_refuse(approval):
    return {"reason": approval["payload"].get("comment", "refused")}


# budget_release


@tasker.step("budget.release")
def budget_release(context, votes):
    return {"project": context["project"], "amount": context["amount"], "agreed": votes["by"]}


# card_payment


@tasker.step("payment.start")
def payment_start(context):
    return {"payment": f"pay-{context['order']}"}


@tasker.step("payment.capture")
def payment_capture(context, start, answer):
    if answer["payload"].get("amount", context["amount"]) != context["amount"]:
        raise tasker.Permanent("the authorised amount differs", type="wrong_amount")
    return {"captured": context["amount"], "payment": start["payment"]}


@tasker.step("payment.void")
def payment_void(start):
    return {"voided": start["payment"]}


# appointment_reminder


@tasker.step("appointment.message")
def appointment_message(context, initialization):
    return f"{context['patient']}: your appointment {initialization['text']}."


# order_shipping, bulk_shipping and parcel_delivery


@tasker.step("order.pick")
def order_pick(context):
    return {"weight": sum(each["weight"] for each in context["goods"])}


@tasker.step("order.summary")
def order_summary(ship):
    return {
        "tracking": [parcel["tracking"] for parcel in ship if parcel],
        "not_shipped": [place for place, parcel in enumerate(ship) if parcel is None],
    }


@tasker.step("parcel.label")
def parcel_label(context):
    if context["weight"] > 30:
        raise tasker.Permanent("a parcel weighs at most 30 kg", type="too_heavy")
    return {"tracking": "P" + hashlib.sha256(context["address"].encode()).hexdigest()[:8]}


# payroll and payslip


@tasker.step("payroll.payslips")
def payroll_payslips(context):
    wanted = [
        {"key": employee["id"], "template": "payslip", "context": employee}
        for employee in context["employees"]
    ]
    return tasker.children(wanted, on_child_failure="collect")


@tasker.step("payroll.summary")
def payroll_summary(payslips):
    return {
        "paid": sum(slip["net"] for slip in payslips.values() if slip),
        "open": sorted(employee for employee, slip in payslips.items() if slip is None),
    }


@tasker.step("payslip.gross")
def payslip_gross(context):
    if not 0 <= context["hours"] <= 250:
        raise tasker.Permanent(f"{context['hours']} hours in a month", type="wrong_hours")
    return context["hours"] * context["wage"]


@tasker.step("payslip.net")
def payslip_net(gross, initialization):
    return gross * (100 - initialization["tax_percent"]) / 100


# loan_offer


@tasker.step("loan.rate")
def loan_rate(inputs):
    return {"score": min(100, round(100 * inputs["income"] / inputs["amount"]))}


@tasker.step("loan.price")
def loan_price(inputs, initialization):
    percent = initialization["interest_percent"] - inputs["score"] / 10 - inputs["discount"]
    return {"monthly": round(inputs["amount"] * (1 + percent / 100) / inputs["months"], 2)}


# support_request

_topics = {"invoice": "billing", "price": "billing", "error": "technical", "crash": "technical"}


@tasker.step("support.classify")
def support_classify(context):
    text = context["text"].lower()
    topics = [topic for word, topic in _topics.items() if word in text]
    return {"topic": topics[0] if topics else "other", "urgent": "urgent" in text}


@tasker.step("support.answer")
def support_answer(step):
    return f"The {step.method} team will look at it."


@tasker.step("support.reply")
def support_reply(parents):
    (answer,) = parents.values()
    return answer


# product_review


@tasker.step("review.check_length")
def review_check_length(context, initialization):
    is_short = len(context["text"]) < initialization["shortest"]
    return {"objection": "too short" if is_short else None}


@tasker.step("review.check_words")
def review_check_words(context, initialization):
    found = [each for each in initialization["refused"] if each in context["text"].lower()]
    return {"objection": ", ".join(found) or None}


@tasker.step("review.publish")
def review_publish(context):
    return {"text": context["text"].strip()}


# ledger_close and ledger_report


@tasker.step("ledger.close")
def ledger_close(context):
    return {"day": context["day"], "balance": sum(context["amounts"])}


@tasker.step("ledger.report")
def ledger_report(closed):
    ledger = closed["payload"]
    return f"The balance of {ledger['day']} is {ledger['balance']}."


# trip_booking


@tasker.step("trip.book")
def trip_book(context, step):
    if step.method in context["booked_up"]:
        raise tasker.Permanent(f"no {step.method} is free", type="booked_up")
    return {"booking": f"{step.method} of {context['traveller']}"}


@tasker.step("trip.cancel_booking")
def trip_cancel_booking(parents):
    (booked,) = parents.values()
    return f"cancelled: {booked['booking']}"


@tasker.step("trip.charge")
def trip_charge(context):
    return {"charged": context["price"]}


@tasker.step("trip.refund")
def trip_refund(context, charge):
    if not context["refund_works"]:
        raise tasker.Permanent("the bank refuses the refund", type="refund_refused")
    return {"refunded": charge["charged"]}


@tasker.step("trip.send_tickets")
def trip_send_tickets(flight, hotel):
    return [flight["booking"], hotel["booking"]]
