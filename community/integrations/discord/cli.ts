import { tool } from "@patchbay/kit";

export default tool({
  slug: "discord",
  summary: "Servers, channels, messages and members",
  baseUrl: "https://discord.com/api/v10",
  auth: { bot_token: { in: "header", name: "Authorization", template: "Bot {secret}" } },
  operations: {
    "me get": { access: "read", request: "GET /users/@me", summary: "The bot itself" },
    "servers list": {
      access: "read",
      request: "GET /users/@me/guilds",
      summary: "Servers the bot is in",
      input: { limit: { type: "integer", max: 200 }, after: {}, with_counts: { type: "boolean" } },
    },
    "servers get": {
      access: "read",
      request: "GET /guilds/{guild_id}",
      summary: "One server",
      input: { with_counts: { type: "boolean" } },
    },
    "channels list": { access: "read", request: "GET /guilds/{guild_id}/channels", summary: "Channels of a server" },
    "channels get": { access: "read", request: "GET /channels/{channel_id}", summary: "One channel" },
    "channels create": {
      access: "write",
      request: "POST /guilds/{guild_id}/channels",
      summary: "Create a channel",
      input: {
        name: { required: true },
        type: { type: "integer", enum: [0, 2, 4, 5, 13, 15], help: "0 text, 2 voice, 4 category, 15 forum" },
        topic: {},
        parent_id: {},
      },
    },
    "channels update": {
      access: "write",
      request: "PATCH /channels/{channel_id}",
      summary: "Change a channel",
      input: { name: {}, topic: {}, position: { type: "integer" }, parent_id: {}, nsfw: { type: "boolean" } },
    },
    "messages list": {
      access: "read",
      request: "GET /channels/{channel_id}/messages",
      summary: "Messages, newest first",
      input: { limit: { type: "integer", max: 100 }, before: { help: "Message id" }, after: {}, around: {} },
    },
    "messages get": {
      access: "read",
      request: "GET /channels/{channel_id}/messages/{message_id}",
      summary: "One message",
    },
    "messages send": {
      access: "write",
      request: "POST /channels/{channel_id}/messages",
      summary: "Post a message",
      input: {
        content: {},
        embeds: { type: "array", items: "object", shape: "{title?, description?, url?}" },
        message_reference: { type: "object", shape: "{message_id}" },
        allowed_mentions: { type: "object", shape: "{parse: []}" },
        tts: { type: "boolean" },
      },
    },
    "messages update": {
      access: "write",
      request: "PATCH /channels/{channel_id}/messages/{message_id}",
      summary: "Edit the bot's message",
      input: { content: {}, embeds: { type: "array", items: "object" } },
    },
    "messages delete": {
      access: "write",
      request: "DELETE /channels/{channel_id}/messages/{message_id}",
      summary: "Delete a message",
    },
    "messages react": {
      access: "write",
      request: "PUT /channels/{channel_id}/messages/{message_id}/reactions/{emoji}/@me",
      summary: "React with an emoji",
      input: { emoji: { required: true, help: "The emoji, or name:id of an own one" } },
    },
    "messages pins": {
      access: "read",
      request: "GET /channels/{channel_id}/messages/pins",
      summary: "Pinned messages",
      input: { limit: { type: "integer", max: 50 }, before: {} },
    },
    "threads create": {
      access: "write",
      request: "POST /channels/{channel_id}/messages/{message_id}/threads",
      summary: "Start a thread on a message",
      input: { name: { required: true }, auto_archive_duration: { type: "integer", enum: [60, 1440, 4320, 10080] } },
    },
    "threads list": {
      access: "read",
      request: "GET /guilds/{guild_id}/threads/active",
      summary: "Open threads of a server",
    },
    "members list": {
      access: "read",
      request: "GET /guilds/{guild_id}/members",
      summary: "Members (needs the members intent)",
      input: { limit: { type: "integer", max: 1000 }, after: {} },
    },
    "members search": {
      access: "read",
      request: "GET /guilds/{guild_id}/members/search",
      summary: "Find members by name",
      input: { query: { required: true }, limit: { type: "integer", max: 1000 } },
    },
    "members get": { access: "read", request: "GET /guilds/{guild_id}/members/{user_id}", summary: "One member" },
    "members add-role": {
      access: "write",
      request: "PUT /guilds/{guild_id}/members/{user_id}/roles/{role_id}",
      summary: "Give a member a role",
    },
    "members remove-role": {
      access: "write",
      request: "DELETE /guilds/{guild_id}/members/{user_id}/roles/{role_id}",
      summary: "Take a role from a member",
    },
    "members kick": {
      access: "write",
      request: "DELETE /guilds/{guild_id}/members/{user_id}",
      summary: "Remove a member from the server",
    },
    "roles list": { access: "read", request: "GET /guilds/{guild_id}/roles", summary: "Roles of a server" },
    "dm open": {
      access: "write",
      request: "POST /users/@me/channels",
      summary: "Open a direct conversation and get its id",
      input: { recipient_id: { required: true } },
    },
  },
});
