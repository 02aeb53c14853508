import { example, request, table } from "./write.ts";
import type { ManualPage } from "./write.ts";

export const errors: ManualPage = {
  slug: "errors",
  title: "Errors and limits",
  body: () => `
<p>When something is wrong, the status says so and the body says what:</p>
${example("json", `{ "error": { "code": "not_found", "message": "There is no card crd_404." } }`)}
<p><code>code</code> is for programs and does not change; <code>message</code> is for people and may.</p>
${table(
  ["Status", "Codes", "Meaning"],
  [
    [
      "400",
      "<code>invalid_json</code>, <code>invalid_form</code>, <code>invalid_cursor</code>",
      "We cannot read what you sent",
    ],
    [
      "401",
      "<code>sign_in_needed</code>, <code>invalid_key</code>, <code>incomplete_key</code>, <code>invalid_token</code>",
      `No valid sign-in: see <a href="/docs/authentication">Authentication</a>`,
    ],
    ["403", "<code>insufficient_scope</code>, <code>not_yours</code>", "You may not do this"],
    ["404", "<code>not_found</code>", "There is no such thing, or you may not see it"],
    ["405", "<code>method_not_allowed</code>", "The path is right, the method is not"],
    ["409", "<code>label_exists</code>", "Something like it is there already"],
    ["413", "<code>too_large</code>", "Too many bytes"],
    ["415", "<code>wrong_content_type</code>", "The body is of another type than expected"],
    [
      "422",
      "<code>invalid_fields</code>",
      "Some fields are missing or wrong; <code>details</code> lists them, unknown fields too",
    ],
    ["429", "<code>too_many_requests</code>", "Wait as many seconds as <code>Retry-After</code> says, then try again"],
  ],
)}
${example("json", `{\n  "error": {\n    "code": "invalid_fields",\n    "message": "Some fields are missing or wrong: see details.",\n    "details": [{ "field": "name", "message": "Invalid input: expected string, received undefined" }]\n  }\n}`)}

<h2>Limits</h2>
<p>Each person may make 1,000 requests at once and 200 a second in the long run. Who makes more gets <code>429</code> with
<code>Retry-After</code>, in seconds.</p>
<p>To practise, there is the board <code>brd_busy</code>. It and everything directly below its path refuses with <code>429</code> until a second has
passed since the first refusal, then answers once, and so on.</p>

<h2>The awkward corner</h2>
<p>Other services are not always so tidy. These requests answer as services do on bad days, always, and touch nothing.</p>
${request("GET /awkward/soft-failure", "Failure with status 200")}
<p>Answers <code>200</code> with <code>{ "ok": false, "error": "board_is_asleep" }</code>.</p>
${request("GET /awkward/html-failure", "Failure as a web page")}
<p>Answers <code>503</code> with HTML and <code>Retry-After</code>.</p>
${request("GET /awkward/text-failure", "Failure as plain text")}
<p>Answers <code>500</code> with a line of text.</p>
${request("GET /awkward/slow", "Slow answer")}
<p>Waits for <code>seconds</code> (query, 0 to 60, default 2), then answers.</p>
${request("GET /awkward/large", "Large answer")}
<p>Answers with as many <code>lines</code> as you say (query, 1 to 100000, default 1000).</p>
${request("GET /awkward/echo", "Echo")}
<p>Answers with the address and headers of your own request, key or token included, and repeats the secret in the header
<code>X-Echo-Authorization</code>.</p>
${request("GET /awkward/moved", "Redirect")}
<p>Answers <code>302</code> with the address of <code>/me</code>.</p>
`,
};
