"""The examples of orders, payments and bookings do what they promise, in all their branches."""

import uuid

from example_templates import examples, short  # noqa: F401  a fixture


class TestCardPayment:
    def create(self, examples, version="1.0.0"):
        order = "order-" + uuid.uuid4().hex
        return examples.create("card_payment", {"order": order, "amount": 30}, version), order

    def call_back(self, examples, order, payload):
        return examples.client.signal_by_key(
            "payment", f"pay-{order}", payload, namespace=examples.namespace
        )

    def test_callback_that_authorises_captures_the_amount(self, examples):
        task, order = self.create(examples)
        examples.until_it_waits(task)
        assert self.call_back(examples, order, {"status": "authorised", "amount": 30}) == 1
        done, states = examples.end(task)
        assert (states["decline"], states["void"]) == ("skipped", "skipped")
        assert done.result == {"status": "authorised", "captured": 30}

    def test_callback_before_the_wait_is_kept(self, examples):
        order = "order-" + uuid.uuid4().hex
        assert self.call_back(examples, order, {"status": "authorised"}) == 0
        done, _ = examples.run("card_payment", {"order": order, "amount": 5})
        assert done.result["captured"] == 5

    def test_declined_payment_completes_without_capture(self, examples):
        task, order = self.create(examples)
        self.call_back(examples, order, {"status": "no funds"})
        done, states = examples.end(task)
        assert done.result == {"status": "no funds", "captured": 0}
        assert (states["capture"], states["decline"]) == ("skipped", "complete")
        assert states["void"] == "skipped"

    def test_capture_that_fails_voids_the_payment(self, examples):
        task, order = self.create(examples)
        self.call_back(examples, order, {"status": "authorised", "amount": 1})
        done, states = examples.end(task)
        assert (done.state, states["capture"], states["void"]) == ("failed", "failed", "complete")

    def test_missing_callback_voids_the_payment_at_the_deadline(self, examples):
        task, order = self.create(examples, short)
        done, states = examples.end(task)
        assert done.state == "failed"
        assert examples.error_type(task, "answer") == "deadline"
        assert (states["capture"], states["decline"]) == ("pending", "pending")
        assert examples.client.step(task, "void").result == {"voided": f"pay-{order}"}


class TestOrderShipping:
    def test_parcel_is_a_child_task_whose_result_is_used(self, examples):
        context = {"address": "1 High Street", "goods": [{"weight": 2}, {"weight": 3}]}
        task, states = examples.run("order_shipping", context)
        (child,) = examples.client.children(task)
        assert (child.name, child.parent.step) == ("parcel_delivery", "ship")
        assert child.context == {"address": "1 High Street", "weight": 5}
        assert child.result["tracking"].startswith("P")
        message = f"Your parcel {child.result['tracking']} is on its way"
        assert task.result == {"message": message}
        assert states["refund"] == "skipped"

    def test_parcel_that_fails_leads_to_a_refund(self, examples):
        context = {"address": "1 High Street", "goods": [{"weight": 31}]}
        task, states = examples.run("order_shipping", context)
        assert task.state == "failed"
        assert examples.error_type(task, "ship") == "child_failed"
        assert (states["confirm"], states["refund"]) == ("pending", "complete")


class TestBulkShipping:
    def run(self, examples, *weights):
        orders = [{"address": f"{n} High Street", "weight": each} for n, each in enumerate(weights)]
        return examples.run("bulk_shipping", {"orders": orders})

    def test_each_order_has_a_child_task(self, examples):
        task, _ = self.run(examples, *range(1, 26))
        summary = task.result["summary"]
        assert (len(set(summary["tracking"])), summary["not_shipped"]) == (25, [])
        assert len(list(examples.client.children(task))) == 25

    def test_a_fifth_of_the_parcels_may_fail(self, examples):
        task, _ = self.run(examples, 1, 99, 2, 3, 4)
        summary = task.result["summary"]
        assert (len(summary["tracking"]), summary["not_shipped"]) == (4, [1])

    def test_more_failures_stop_it(self, examples):
        task, states = self.run(examples, 99, 99, 2, 3, 4)
        assert (task.state, states) == ("failed", {"ship": "failed", "summary": "pending"})

    def test_no_orders_ship_nothing(self, examples):
        task, _ = self.run(examples)
        assert task.result == {"summary": {"tracking": [], "not_shipped": []}}


class TestTripBooking:
    def undone(self, examples, task):
        """The undo steps in their order, with their states."""
        return {each.step: each.state for each in examples.client.compensation(task)}

    def test_confirmed_trip_is_not_undone(self, examples):
        task = examples.create("trip_booking", {"traveller": "Ada"})
        examples.client.signal(task, "confirmation", {"confirmed": True})
        done, _ = examples.end(task)
        assert done.result == {"send_tickets": ["flight of Ada", "hotel of Ada"]}
        assert done.compensation is None

    def test_hotel_that_is_booked_up_cancels_only_the_flight(self, examples):
        task, states = examples.run("trip_booking", {"traveller": "Ada", "booked_up": ["hotel"]})
        assert (task.state, task.compensation) == ("failed", "complete")
        assert (states["flight"], states["charge"]) == ("complete", "pending")
        undone = self.undone(examples, task)
        assert {step for step, state in undone.items() if state == "complete"} == {"flight"}

    def test_trip_that_is_not_confirmed_is_undone_from_its_end(self, examples):
        task = examples.create("trip_booking", {"traveller": "Ada"})
        examples.client.signal(task, "confirmation", {"confirmed": False})
        done, states = examples.end(task)
        assert (done.state, done.compensation) == ("failed", "complete")
        assert states["send_tickets"] == "failed"
        undone = self.undone(examples, task)
        assert undone == dict.fromkeys(("charge", "flight", "hotel"), "complete")
        assert next(iter(undone)) == "charge"

    def test_refund_that_fails_keeps_the_bookings(self, examples):
        task = examples.create("trip_booking", {"traveller": "Ada", "refund_works": False})
        examples.client.signal(task, "confirmation", {"confirmed": False})
        done, _ = examples.end(task)
        assert (done.state, done.compensation) == ("failed", "failed")
        assert self.undone(examples, task) == {
            "charge": "failed", "flight": "not_run", "hotel": "not_run"
        }

    def test_customer_cancels_while_the_agency_is_asked(self, examples):
        task = examples.create("trip_booking", {"traveller": "Ada"})
        examples.until_it_waits(task)
        assert set(self.undone(examples, task)) == {"charge", "flight", "hotel"}
        examples.client.cancel(task, compensate=True)
        done, _ = examples.end(task)
        assert (done.state, done.compensation) == ("cancelled", "complete")
        assert set(self.undone(examples, task).values()) == {"complete"}

    def test_time_limit_undoes_what_is_complete(self, examples):
        task, states = examples.run("trip_booking", {"traveller": "Ada"}, short)
        assert (task.state, task.compensation) == ("failed", "complete")
        assert task.error.type == "deadline"
        undone = self.undone(examples, task)
        complete = [step for step in undone if states[step] == "complete"]
        assert complete == [step for step, state in undone.items() if state == "complete"]
