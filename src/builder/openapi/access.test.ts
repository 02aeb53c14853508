import { expect, it } from "vitest";
import { judge } from "./access.ts";
import type { Endpoint } from "./model.ts";

function endpoint(method: string, path: string, more: Partial<Endpoint> = {}): Endpoint {
  return {
    method,
    path,
    tags: [],
    summary: "",
    description: "",
    deprecated: false,
    parameters: [],
    answersBytes: false,
    linkHeader: false,
    ...more,
  };
}

it.each([
  endpoint("GET", "/users/logout"),
  endpoint("GET", "/session", { summary: "Log out the current user" }),
  endpoint("GET", "/session", { summary: "Session", description: "Logs the user out and ends the session." }),
  endpoint("GET", "/auth", { description: "Logs that user onto the server." }),
  endpoint("GET", "/newsletter/unsubscribe/{token}"),
  endpoint("GET", "/newsletter/unsubscribe/{token}", { id: "getUnsubscribe", summary: "Get unsubscribe" }),
  endpoint("GET", "/invitations/{id}/accept", { summary: "Returns the invitation" }),
  endpoint("GET", "/jobs/{id}/trigger"),
  endpoint("GET", "/jobs/{id}/start", { summary: "Get start" }),
  endpoint("GET", "/hooks/{id}", { id: "triggerHook" }),
  endpoint("GET", "/accounts/{id}/disable"),
  endpoint("GET", "/accounts/recover"),
  endpoint("GET", "/notifications", { summary: "Mark all notifications as read" }),
  endpoint("GET", "/notifications", {
    summary: "Get notifications",
    description: "Returns new ones and marks them as read.",
  }),
  endpoint("GET", "/messages/next", { description: "Gets the next message. The message will be deleted." }),
  endpoint("GET", "/reports/weekly", { summary: "Start export", description: "Returns the id of the job." }),
  endpoint("GET", "/reports/weekly", { description: "Starts an export of the report." }),
  endpoint("GET", "/reports/export", { id: "exportReport" }),
  endpoint("GET", "/message", { id: "getAndDeleteMessage", summary: "Get a message" }),
  endpoint("GET", "/auth.revoke"),
  endpoint("GET", "/quote/like/toggle"),
  endpoint("GET", "/api.php?action=delete"),
  endpoint("GET", "/api", {
    parameters: [
      {
        name: "action",
        in: "query",
        required: true,
        schema: { enum: ["list", "remove"] },
        help: "",
        deprecated: false,
      },
    ],
  }),
  endpoint("GET", "/link", { description: "This endpoint activates the account." }),
  endpoint("GET", "/confirm", { description: "Used to confirm an e-mail address." }),
  endpoint("GET", "/export/users/{id}"),
  endpoint("HEAD", "/cache/purge"),
  endpoint("POST", "/search"),
  endpoint("DELETE", "/x"),
  endpoint("OPTIONS", "/x"),
])("counts $method $path ($summary $description) as a write", (one) => {
  const { access, reason } = judge(one);
  expect(access).toBe("write");
  // Where the method says it already, nothing need be said.
  expect(reason !== undefined).toBe(one.method === "GET" || one.method === "HEAD");
});

it.each([
  endpoint("GET", "/boards"),
  endpoint("GET", "/boards/{id}", {
    summary: "Get a board",
    description: "This endpoint will be removed in version 3.",
  }),
  endpoint("GET", "/orders/open", { summary: "List open orders" }),
  endpoint("GET", "/starred", { summary: "Repositories starred by the user" }),
  endpoint("GET", "/imports/{id}", { summary: "Get import status" }),
  endpoint("GET", "/issues/{id}/lock", { summary: "Check whether the issue is locked" }),
  endpoint("GET", "/deploy_keys", { summary: "List deploy keys" }),
  endpoint("GET", "/settings/sendAs", { summary: "Lists the send-as aliases" }),
  endpoint("GET", "/jobs/{id}/logs", {
    summary: "Download job logs",
    description: "Gets a redirect. This link expires after 1 minute.",
  }),
  endpoint("GET", "/users", {
    summary: "Get users",
    description: "Accepts an optional filter parameter. Returns users.",
  }),
  endpoint("GET", "/installation", { description: "Enables an app to find the installation of a user." }),
  endpoint("GET", "/deleted", { summary: "Items that were deleted" }),
  endpoint("HEAD", "/files/{id}"),
])("counts $method $path ($summary $description) as a read", (one) => {
  expect(judge(one)).toEqual({ access: "read" });
});

it.each([
  ["POST", "/cards/search", { id: "searchCards" }],
  ["POST", "/addresses/validate", { summary: "Validate an address" }],
  ["POST", "/rates/calculate", {}],
  ["QUERY", "/cards", {}],
])("suggests %s %s as a read, and leaves it a write", (method, path, more) => {
  const { access, suggestion } = judge(endpoint(method, path, more));
  expect(access).toBe("write");
  expect(suggestion).toBeTruthy();
});

it.each([
  ["POST", "/searches", { summary: "Create a saved search" }],
  ["POST", "/cards", { id: "addCard" }],
  ["POST", "/domains/verify", { summary: "Starts verification and sends an e-mail" }],
  ["PUT", "/search", {}],
])("does not suggest %s %s", (method, path, more) => {
  expect(judge(endpoint(method, path, more)).suggestion).toBeUndefined();
});

/** Path, operationId and summary. */
const got = (line: string) => {
  const [path = "", id = "", summary = ""] = line.split("|").map((part) => part.trim());
  return endpoint("GET", path, { ...(id ? { id } : {}), summary });
};
const lines = (text: string) =>
  text
    .trim()
    .split("\n")
    .map((line) => line.trim());

it.each(
  lines(`
    /session/end | endSession | End the current session
    /auth/logout |  | 
    /users/{id}/sign-out |  | Signs the user out everywhere
    /newsletter/{token}/opt-out | optOut | Opt out of the newsletter
    /email/optin |  | Opt in to mailing
    /invitations/{id}/accept | acceptInvitation | Accept an invitation
    /invitations/{code} | useInvitation | Use an invitation code
    /coupons/{code}/redeem |  | Get the coupon redeemed
    /jobs/{id}/trigger | triggerJob | 
    /jobs/{id}/run | runJob | Runs a job now
    /webhooks/{id}/ping | pingWebhook | Ping a webhook: sends a test event
    /webhooks/{id}/test | testHook | Sends a test delivery to the hook
    /features/{id}/disable |  | Disable a feature
    /accounts/{id}/recover | recoverAccount | Recover an account
    /notifications/markAllRead |  | Mark all notifications as read
    /notifications/read-all | readAll | Marks everything as read
    /messages/{id}/seen | messageSeen | Flag message as seen
    /reports/export | startExport | Start an export of all reports
    /exports/new | newExport | Kicks off an export job
    /exports | createExport | Creates an export and returns its id
    /cache/purge | purgeCache | Purge cache
    /cache/invalidate |  | Invalidate
    /index/rebuild | rebuildIndex | 
    /devices/{id}/reboot | rebootDevice | Reboot device
    /devices/{id}/wake | wakeDevice | Wakes the device
    /doors/{id}/open | openDoor | Open the door
    /lights/{id}/on | lightOn | Turn the light on
    /lights/{id}/toggle |  | 
    /relay/0 | setRelay | Control relay
    /users/{id}/verify/{token} | verifyEmail | Verify an email address
    /password/reset/{token} | resetPassword | Reset password
    /password/forgot | forgotPassword | Send a password reset mail
    /tokens/refresh | refreshToken | Refresh the access token
    /tokens/rotate | rotate | 
    /keys/{id}/regenerate |  | Returns a newly generated key
    /keys/generate | generateKey | Generate API key
    /carts/{id}/checkout | checkoutCart | Check out a cart
    /orders/{id}/cancel | getOrderCancel | Cancel an order
    /orders/{id}/refund |  | Refund
    /queue/pop | popMessage | Pop the next message
    /queue/{name}/receive | receiveMessage | Receive and remove a message from the queue
    /queue/next | nextMessage | Returns the next message and removes it from the queue
    /inbox/fetch | fetchInbox | Fetches new mail. Messages are deleted after being fetched.
    /locks/{id}/acquire | acquireLock | Acquire a lock
    /locks/{id}/release |  | Release a lock
    /polls/{id}/vote | vote | Vote for option
    /posts/{id}/like | likePost | Like a post
    /posts/{id}/upvote |  | Upvote
    /users/{id}/follow | followUser | Follow a user
    /users/{id}/block | blockUser | Block user
    /servers/{id}/shutdown |  | 
    /servers/{id}/start | startServer | Start server
    /servers/{id}/stop |  | 
    /vm/suspend | suspendVm | 
    /backup | backupNow | Creates a backup immediately
    /backup/run |  | Run backup
    /sync | syncAll | Synchronises all data
    /import | importData | Import data from URL
    /migrate | migrate | Migrate the database
    /deploy | deployApp | Deploy the application
    /publish/{id} | publishPage | Publishes a page
    /archive/{id} | archiveItem | Archive an item
    /trash/{id} | trashItem | Move an item to trash
    /trash/empty | emptyTrash | Empty the trash
    /rpc?action=deleteUser |  | 
    /do/removeUser | doRemoveUser | 
    /getAndDelete | getAndDelete | 
    /getOrCreateUser | getOrCreateUser | Get or create a user
    /user/findOrCreate | findOrCreate | 
    /counter/hit | hitCounter | Increments the counter and returns it
    /track | trackEvent | Track an event
    /pixel.gif | trackOpen | Records an email open
    /click/{id} | recordClick | Records a click and redirects
    /sms/send | sendSms | Send SMS
    /http/send.php |  | Send message via HTTP GET
    /calls/{id}/hangup | hangup | Hang up the call
    /calls/dial | dial | Dials a number
    /print | printLabel | Print a label
    /charge/{id} | chargeCard | Charge the card
    /transfer | transferFunds | Transfer funds
    /approve/{id} | approve | 
    /gdpr/erase/{user} | eraseUser | Erase user data
    /session/impersonate/{id} | impersonate | 
    /login | login | Log in with user and password
    /oauth/revoke | revokeToken | 
    /connect/{provider} | connectProvider | Connects an account
    /disconnect |  | Disconnect
    /licenses/{key}/activate | activateLicense | Activate a license
    /trial/extend | extendTrial | Extend trial
    /seats/reserve | reserveSeat | Reserve seat
    /game/move | makeMove | Make a move
    /robot/home | homeRobot | Moves the robot to its home position
    /users/{id}/promote |  | 
    /config/reload | reloadConfig | Reload configuration
    /config/apply | applyConfig | Apply configuration
    /scan/start | startScan | Start a scan
    /scan | scanHost | Scans a host for viruses
    /crawl | crawlSite | Crawl a site
    /snapshot | takeSnapshot | Take a snapshot of the disk
    /picture/take | takePicture | Takes a picture with the camera
    /record/start |  | Starts recording
    /enroll/{course} | enroll | Enroll in a course
    /drafts/{id}/discard | discardDraft | Discard a draft
    /version/bump | bumpVersion | Bump version
    /users/purgeInactive | purgeInactive | Removes users that are inactive
    /tasks/{id}/complete | completeTask | Complete a task
    /tasks/{id}/done | taskDone | Marks task done
    /alerts/{id}/ack | ackAlert | Acknowledge
    /alerts/{id}/snooze | snoozeAlert | Snooze an alert
    /alerts/{id}/silence | silence | Silence alert
    /devices/{id}/pair | pairDevice | Pair a device
    /sessions/extend | extendSession | Extends the session by 30 minutes
    /whitelist/{ip} | whitelistIp | Whitelist an IP address
    /wallet/withdraw |  | 
    /otp/request | requestOtp | Request a one-time code by SMS
    /verify/{id}/resend |  | Resend
    /favourites/{id}/add | addFavourite | Add to favourites
  `),
)("takes for a write: GET %s", (line) => {
  expect(judge(got(line)).access).toBe("write");
});

it.each(
  lines(`
    /boards | listBoards | List boards
    /users/me | me | Who I am
    /orders | orders_list | Orders of a customer
    /orders/{id}/cancellations | listCancellations | List cancellations
    /exports | listExports | List exports
    /exports/{id}/download | downloadExport | Download an export
    /imports/{id} | getImport | Get an import
    /settings | getSettings | Get settings
    /updates | getUpdates | Get updates since a date
    /transfers/{id} | getTransfer | Retrieve a transfer
    /posts | getPosts | Get posts
    /checks | listChecks | List check runs
    /address/search | search | Search addresses
    /repos/{r}/releases/latest | getLatestRelease | Get the latest release
    /blocks | listBlocked | List blocked users
    /deliveries | listDeliveries | List deliveries for a webhook
    /runs/{id} | getRun | Get a workflow run
    /starred | listStarred | List repositories starred by the user
    /subscriptions | listSubscriptions | List subscriptions
    /deleted | listDeleted | List deleted files
    /schedule | getSchedule | Get the schedule
    /billing/charges | listCharges | List all charges
    /locks | listLocks | Returns all locks held
    /reports/{id} | getReport | Get a report
    /shares | getShares | Shares of a file
    /messages/unread | unread | Count unread messages
    /votes/count | voteCount | Counts votes
    /approval-rules | getRules | Get approval rules
    /merge-requests | listMrs | List merge requests
    /sendings | listSendings | List sendings
    /build-info | buildInfo | Returns build information
    /process/{id}/status | getProcessStatus | Get process status
    /generated-keys | list | Lists generated keys
    /open-orders | openOrders | Get all open orders
    /closed | getClosed | Get closed tickets
    /moves | getMoves | Get moves of a game
    /submissions | getSubmissions | Get form submissions
    /pull/{n}/files | files | List pull requests files
    /registers | listRegisters | List cash registers
  `),
)("takes for a read: GET %s", (line) => {
  expect(judge(got(line)).access).toBe("read");
});
