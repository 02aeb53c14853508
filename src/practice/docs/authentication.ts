import { example, table } from "./write.ts";
import type { ManualPage } from "./write.ts";

export const authentication: ManualPage = {
  slug: "authentication",
  title: "Authentication",
  body: (url) => `
<p>Every request below <code>/v1</code> needs a sign-in. There are three ways; use whichever suits you.</p>

<h2>A key in a header</h2>
<p>The simplest way. Put your key into the header <code>X-Board-Key</code>. Your key is on <a href="/keys">the keys page</a>.</p>
${example("sh", `curl -H "X-Board-Key: YOUR_KEY" ${url}/v1/boards`)}

<h2>A key and a token in the query</h2>
<p>For programs that cannot set headers. You need <strong>both</strong> query parameters, <code>key</code> and <code>token</code>, on every
request; one without the other is refused. Both are on <a href="/keys">the keys page</a> and are not the same as the key for the header.</p>
${example("sh", `curl "${url}/v1/boards?key=YOUR_KEY&token=YOUR_TOKEN"`)}

<h2>OAuth 2</h2>
<p>For programs that act for other people. We support the authorization code grant with PKCE; PKCE (method <code>S256</code>) is required for
every client.</p>
${table(
  ["What", "Value"],
  [
    ["Authorization endpoint", `<code>${url}/oauth/authorize</code>`],
    ["Token endpoint", `<code>${url}/oauth/token</code>`],
    ["Revocation endpoint", `<code>${url}/oauth/revoke</code>`],
    ["Registration endpoint", `<code>${url}/oauth/register</code>`],
    ["Userinfo endpoint", `<code>${url}/oauth/userinfo</code> (with scope <code>openid</code>)`],
    ["Server metadata", `<code>${url}/.well-known/oauth-authorization-server</code>`],
  ],
)}
<p>Ask for at least one of these scopes, separated by spaces:</p>
${table(
  ["Scope", "Allows"],
  [
    ["boards:read", "All <code>GET</code> requests"],
    ["boards:write", "All requests that make, change or delete something"],
  ],
)}
<ol>
<li>Register your program once with a <code>POST</code> of <code>client_name</code> and <code>redirect_uris</code> as JSON to the registration endpoint.
You get a <code>client_id</code> and a <code>client_secret</code>. Programs that cannot keep a secret send
<code>"token_endpoint_auth_method": "none"</code> and get a <code>client_id</code> only.</li>
<li>Send the person's browser to the authorization endpoint. They choose who they are and allow or deny.</li>
<li>Trade the <code>code</code> for tokens at the token endpoint, within a minute. Authenticate with HTTP Basic or with <code>client_secret</code> in the form.</li>
<li>Send the access token as <code>Authorization: Bearer ACCESS_TOKEN</code>.</li>
</ol>
<p>An access token lives for 60 seconds. Trade the refresh token for a new one (<code>grant_type=refresh_token</code>). Each refresh token works
<strong>once</strong>: the answer holds the next one. If a used one is sent again, we take it for stolen and end the whole authorization.</p>
${example("json", `{ "access_token": "…", "token_type": "Bearer", "expires_in": 60, "refresh_token": "…", "scope": "boards:read boards:write" }`)}

<h2>When it does not work</h2>
<p>Without a valid sign-in you get <code>401</code>. With a valid token that lacks the scope you get <code>403</code> with code
<code>insufficient_scope</code>. Both carry a <code>WWW-Authenticate</code> header that says what is missing. See <a href="/docs/errors">Errors and limits</a>.</p>
`,
};
