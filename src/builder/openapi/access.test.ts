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
    /users/{id}/ban | banUser | Ban user
    /v1/session/end | endSession | Ends the current session
    /queues/{q}/messages | receiveMessages | Receives messages and hides them from other consumers
    /coupon/{code}/redeem | redeem | Redeem a coupon
    /vote/{id}/up | voteUp | Upvote
    /newsletter/optout | optOut | Opt out of the newsletter
    /cache/flush |  | Flush cache
    /admin/reindex | adminReindex | Reindex all documents
    /device/{id}/reboot | reboot | Reboot device
    /light/{id}/toggle | toggle | Toggle the light
    /door/{id}/open | openDoor | Open door
    /doors/{id}/unlock | getUnlock | Unlock
    /orders/{id}/ship | getShip | Mark order shipped
    /invites/{token}/accept | acceptInvite | Accept an invitation
    /confirm/{token} | confirm | Confirm subscription
    /users/{id}/impersonate | impersonate | Impersonate user
    /api/backup | backup | Backup database
    /db/migrate | migrate | Migrate
    /cron/run | cronRun | Cron
    /cron | cron | Runs pending cron tasks
    /tasks/{id}/retry | retryTask | Retry
    /deploy/hook/{key} | deployHook | Deploy hook
    /build/trigger | buildTrigger | Kick off a build
    /mail/resend | resend | Resend mail
    /otp/send | sendOtp | OTP
    /call/hangup | hangup | Hang up
    /call/dial | dial | Dial a number
    /token/new | newToken | Get a new token
    /keys/regenerate | getRegenerate | Gets a regenerated key
    /posts/{id}/unlike | unlike | Unlike
    /cart/add/{sku} | addToCart | Cart
    /cart/empty | emptyCart | Empty cart
    /pay/{invoice} | pay | Pay an invoice
    /invoices/{id}/void | voidInvoice | Void
    /refund/{id} | refund | Refund
    /subscriptions/{id}/pause | pauseSubscription | Pause
    /subscriptions/{id}/resume | resumeSubscription | Resume
    /machine/{id}/wakeup | wakeup | Wake up
    /notifications/{id}/dismiss | dismiss | Dismiss
    /inbox/read-all | readAll | Mark everything read
    /messages/{id}/ack | ack | Acknowledge
    /lock/{name} | lock | Acquire a lock
    /locks/{name}/acquire | acquireLock | Acquire lock
    /locks/{name}/release | releaseLock | Release lock
    /counter/{name}/increment | inc | Increment counter
    /counter/{name}/hit | hit | Count a visit
    /sequence/nextval | nextval | Next value of the sequence
    /invoice-number/next | nextNumber | Reserves the next invoice number
    /report/generate | generateReport | Generate report
    /files/{id}/share | shareFile | Share
    /files/{id}/restore | restoreFile | Restore
    /files/{id}/copy | copyFile | Copy
    /files/{id}/rename | renameFile | Rename
    /trash/purge | purgeTrash | Purge
    /account/close | closeAccount | Close account
    /account/upgrade | upgrade | Upgrade plan
    /account/claim/{code} | claim | Claim
    /poll/{id}/close | closePoll | Close poll
    /game/{id}/move/{m} | gameMove | Play a move
    /game/new | newGame | New game
    /room/{id}/join | joinRoom | Join
    /room/{id}/leave | leaveRoom | Leave
    /user/{id}/promote | promote | Promote
    /user/{id}/kick | kick | Kick
    /user/{id}/mute | mute | Mute
    /user/{id}/poke | poke | Poke
    /logout | logout | 
    /signout | signout | Sign-out
    /auth/refresh | refresh | Refresh token
    /ticket/{id}/assign/{user} | assignTicket | Assign
    /ticket/{id}/escalate | escalate | Escalate
    /camera/snapshot | takeSnapshot | Take a snapshot
    /relay/{n}/on | relayOn | Relay
    /relay/{n}/pulse | pulse | Pulse relay
    /heating/boost | boost | Boost
    /media/play | play | Play
    /media/next | next | Skip to next track
    /media/volume/up | volumeUp | Volume up
    /webhook/replay/{id} | replay | Replay delivery
    /eval | eval | Evaluate script
    /system/shutdown | shutdown | Shutdown
    /system/gc | gc | Run garbage collection
    /logs/truncate | truncate | Truncate logs
    /blog/{id}/publish | publishPost | Publish
    /watch/{id}/start | watchStart | Start watching
    /timer/stop | timerStop | Timer
    /clock/in | clockIn | Clock in
    /checkin/{id} | checkin | Check in
    /lead/convert | convertLead | Convert
    /link/{id}/click | click | Registers a click
    /ad/impression | impression | Record an impression
    /email/open/{id} | open | Tracks an opened e-mail
    /download/{id}/once | once | One-time download; the file is removed afterwards
    /secret/{id} | getSecret | Reveals a secret and burns it
    /secret/{id}/view | viewSecret | The secret is destroyed after it was read
    /messages/pop | popMessage | Get and remove a message
    /lease/renew | renewLease | Renew
    /reservation/{id}/extend | extend | Extend
    /quota/consume | consume | Consume quota
    /draw | draw | Draws a card from the deck
    /deck/shuffle | shuffle | Shuffle deck
    /random/seed | seed | Seeds the generator
    /stake | stake | Stake
    /bid/{id} | bid | Place a bid
    /sign/{id} | sign | Sign document
    /unlock_pin |  | 
    /doDelete.php |  | 
    /api/removeUser |  | 
    /block/{user} | block | Block
    /friend/{id}/request | friendRequest | Friend request
    /greet/{id}/wave | wave | Wave at somebody
    /api/v2/wol/{mac} | wol | Wake-on-LAN
    /api/ring | ringPhone | Rings the handset so that it can be found
    /api/v1/beacons/{id}/identify | identify | Makes the beacon blink
    /lottery/ticket | ticket | Hands out a ticket number and advances the counter
    /rooms/{id}/book-now | bookNow | Instant booking
    /api/admin/rotate-logs | rotateLogs | Rotate logs
    /config/apply-defaults | applyDefaults | Applies the default settings
    /factory-reset | factoryReset | Factory reset
    /firmware/check-and-install | firmware | Looks for a firmware and installs it
    /users/{id}/anonymise | anonymise | Anonymise
    /u/{token} | u | One-click unsubscribe
    /r/{code} | r | Follows the short link and counts the click
    /tasks/{id}/complete/{outcome} | outcome | Completes the task with an outcome
    /jobs/{id}/rerun-failed | rerunFailed | 
    /nodes/{id}/drain | drain | Drain node
    /nodes/{id}/cordon | cordon | Cordon
    /pool/{id}/scrub | scrubPool | Scrub
    /disk/{id}/eject | eject | Eject
    /vm/{id}/snapshot/create | vmSnap | VM snapshot
    /vm/{id}/migrate/{host} | migrateVm | Live migration
    /session/keepalive | keepAlive | Extends the session
    /session/touch | touch | Touch
    /captcha/new | captcha | New captcha
    /nonce | nonce | Issues a nonce that can be used once
    /dice/roll | roll | Roll the dice
    /door/{id}/buzz | buzz | Buzz the door open
    /blinds/{id}/position/{p} | blinds | Moves the blinds to a position
    /valve/{id}/{state} | valve | Sets the valve to a state
    /pump/{id}/prime | prime | Prime the pump
    /coffee/brew | brew | Brew a coffee
    /feed/{id}/markread | markread | 
    /feed/{id}/catchup | catchup | Catch up
    /profile/{id}/visit | visit | Leaves a visit in the list of visitors
    /event/{id}/rsvp/{answer} | rsvp | RSVP
    /event/{id}/attend | attend | Attend
    /group/{id}/apply | groupApply | Apply for membership
    /mod/{id}/deny/{reason} | modDeny | Deny
    /tx/broadcast/{hex} | broadcastTx | Broadcast transaction
    /mempool/clear | mempoolClear | 
    /index/{name}/_forcemerge | forceMerge | Force merge
    /index/{name}/_refresh | refreshIndex | Refresh
    /shards/reroute | reroute | Reroute shards
    /oauth/authorize | authorize | Authorization
    /2fa/disable | disable2fa | 2FA
    /phone/{n}/unverify | unverify | 
    /genthumbs | genthumbs | Generates all thumbnails anew
    /cleanup/tmp | tmp | Temporary files older than a day are deleted
    /presence/{status} | presence | Changes my presence
    /subscriber/{id}/confirm-email | confirmEmail | Confirms the subscriber's email
    /v2/reports/{id}/export/pdf | exportPdf | Starts rendering the report as PDF
    /api/users/{id}/resend_verification | resendVerification | Resends the verification mail
    /account/deactivate | deactivate | Deactivate my account
    /maintenance/on | maintenanceOn | Maintenance mode
    /api/servers/{id}/power/cycle | powerCycle | Power cycle
    /servers/{id}/rescue | rescue | Boot into rescue mode
    /bots/{id}/say | say | Lets the bot say something
    /room/{id}/raise-hand | raiseHand | Raise hand
    /stream/{id}/stop | stopStream | Stop stream
    /recordings/{id}/trim | trim | Trim recording
    /playlist/next | nextTrack | Plays the next track
    /alarm/arm | arm | Arm
    /alarm/disarm/{code} | disarm | Disarm
    /tickets/{id}/merge/{other} | mergeTickets | Merge tickets
    /contacts/{id}/touch | touch | Updates the last contact date
    /pickup/schedule | schedulePickup | Schedule a pickup
    /invoices/{id}/remind | remind | Sends a payment reminder
    /invoices/{id}/finalize | finalize | Finalise
    /licenses/{key}/validate | validateLicense | Validates the key and counts one activation
    /qr/{code}/scan | scan | Registers the scan of a ticket
    /ticket/{code}/use | useTicket | Uses up the ticket
    /giftcard/{code}/apply | applyGiftcard | Applies a gift card to the cart
    /ab/{test}/assign | abAssign | Assigns a variant to the visitor
    /workflows/{id}/runs/new | newRun | Run a workflow
    /dag/{id}/backfill | backfill | Backfill
    /cache/{key}/evict | evictKey | Evict
    /cluster/rebalance | rebalance | Rebalance the cluster
    /cluster/failover | failover | Fail over to the replica
    /replication/{id}/promote | promoteReplica | Promote
    /broker/{q}/purge | purgeQueue | Purge queue
    /certificates/{id}/renew | renewCert | Renew
    /dns/{zone}/notify | dnsNotify | Notify slaves
    /feeds/{id}/fetch-now | fetchNow | Fetch a feed immediately
    /oauth/disconnect | oauthDisconnect | Disconnects the account
    /session | session | Creates a session when there is none
    /guest | guest | Registers a guest user and returns his token
    /tokens/{id}/blacklist | blacklistToken | Blacklist token
    /docs/{id}/lock | lockDoc | Locks a document for editing
    /docs/{id}/checkin | checkinDoc | Check in
    /push/{token}/register | registerPush | Register for push
    /favorites/{id}/add | addFavorite | Add
    /ratings/{id}/{stars} | rate | Rate something
    /answer/{q}/{choice} | answer | Answer a question
    /mailbox/{id}/empty | emptyMailbox | Empty the mailbox
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
    /search/issues | searchIssues | Search issues and pull requests
    /schema | dumpSchema | Dump the current schema
    /about | about | About the service
    /pictures/{id} | picture | Picture of the profile
    /health/up | isUp | Is the service up
    /articles/{id}/views | articleViews | Views an article had
    /sequence/{name} | sequence | Get the last value of a sequence
  `),
)("takes for a read: GET %s", (line) => {
  expect(judge(got(line)).access).toBe("read");
});
