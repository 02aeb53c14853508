import { tool } from "@patchbay/kit";

export default tool({
  slug: "calendly",
  summary: "Event types, meetings and invitees",
  baseUrl: "https://api.calendly.com",
  auth: { access_token: { in: "header", name: "Authorization", template: "Bearer {secret}" } },
  operations: {
    "me get": { access: "read", request: "GET /users/me", summary: "Who is signed in" },
    "event-types list": {
      access: "read",
      request: "GET /event_types",
      summary: "Kinds of meetings people can book",
      input: {
        user: { help: "Address of a person, as in me get" },
        organization: {},
        active: { type: "boolean" },
        count: { type: "integer", max: 100 },
        page_token: {},
      },
      pages: { by: "cursor", parameter: "page_token", next: "pagination.next_page_token", items: "collection" },
    },
    "event-types get": { access: "read", request: "GET /event_types/{uuid}", summary: "One kind of meeting" },
    "event-types times": {
      access: "read",
      request: "GET /event_type_available_times",
      summary: "Free times of a kind of meeting",
      input: {
        event_type: { required: true, help: "Its address" },
        start_time: { required: true, help: "e.g. 2030-01-01T00:00:00Z" },
        end_time: { required: true, help: "At most 31 days later" },
      },
    },
    "meetings list": {
      access: "read",
      request: "GET /scheduled_events",
      summary: "Planned meetings",
      input: {
        user: {},
        organization: {},
        status: { enum: ["active", "canceled"] },
        min_start_time: {},
        max_start_time: {},
        invitee_email: {},
        sort: { help: "e.g. start_time:asc" },
        count: { type: "integer", max: 100 },
        page_token: {},
      },
      pages: { by: "cursor", parameter: "page_token", next: "pagination.next_page_token", items: "collection" },
    },
    "meetings get": { access: "read", request: "GET /scheduled_events/{uuid}", summary: "One meeting" },
    "meetings invitees": {
      access: "read",
      request: "GET /scheduled_events/{event_uuid}/invitees",
      summary: "Who comes to a meeting",
      input: {
        status: { enum: ["active", "canceled"] },
        email: {},
        count: { type: "integer", max: 100 },
        page_token: {},
      },
      pages: { by: "cursor", parameter: "page_token", next: "pagination.next_page_token", items: "collection" },
    },
    "meetings cancel": {
      access: "write",
      request: "POST /scheduled_events/{uuid}/cancellation",
      summary: "Cancel a meeting",
      input: { reason: {} },
    },
    "links create": {
      access: "write",
      request: "POST /scheduling_links",
      summary: "A link that can be booked once",
      input: {
        max_event_count: { type: "integer", enum: [1], required: true },
        owner: { required: true, help: "Address of a kind of meeting" },
        owner_type: { enum: ["EventType"], required: true },
      },
    },
    "busy list": {
      access: "read",
      request: "GET /user_busy_times",
      summary: "When a person is busy",
      input: {
        user: { required: true },
        start_time: { required: true },
        end_time: { required: true, help: "At most seven days later" },
      },
    },
    "availability list": {
      access: "read",
      request: "GET /user_availability_schedules",
      summary: "Working hours of a person",
      input: { user: { required: true } },
    },
    "members list": {
      access: "read",
      request: "GET /organization_memberships",
      summary: "People of the organization",
      input: { organization: {}, user: {}, email: {}, count: { type: "integer", max: 100 }, page_token: {} },
      pages: { by: "cursor", parameter: "page_token", next: "pagination.next_page_token", items: "collection" },
    },
  },
});
