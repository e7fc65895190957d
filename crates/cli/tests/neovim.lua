-- What `casehard lsp` gives an editor, headless, with Neovim 0.7 and newer: diagnostics, the page of a rule, a quick
-- fix in the buffer. CASEHARD is the program, FILE a Dockerfile with an ADD of a local file.
local function finish(problem)
  io.stdout:write(problem or "all of it")
  vim.cmd(problem and "cquit 1" or "qall!")
end
local function need(what, good)
  if not good then
    finish("no " .. what .. ": " .. vim.inspect(vim.diagnostic.get(0)))
    error(what)
  end
  return good
end
local function wait(what, condition)
  need(what, vim.wait(20000, condition, 50))
end
local function found()
  for _, diagnostic in ipairs(vim.diagnostic.get(0)) do
    if diagnostic.code == "local-add" then
      return diagnostic
    end
  end
end

vim.cmd("edit " .. vim.env.FILE)
local folder = vim.fn.fnamemodify(vim.env.FILE, ":h")
local id = vim.lsp.start_client({ name = "casehard", cmd = { vim.env.CASEHARD, "lsp", "--stdio" }, root_dir = folder })
need("client", id and vim.lsp.buf_attach_client(0, id))
wait("diagnostic", found)
local diagnostic = found()
local place = { line = diagnostic.lnum, character = diagnostic.col }
local document = vim.lsp.util.make_text_document_params(0)
local function ask(method, parameters)
  parameters.textDocument = document
  local answers = need(method, vim.lsp.buf_request_sync(0, method, parameters, 20000))
  for _, answer in pairs(answers) do
    return answer.result
  end
end

local hover = need("hover", ask("textDocument/hover", { position = place }))
need("page", vim.inspect(hover.contents):find("Why it matters", 1, true))

local range = { start = place, ["end"] = { line = diagnostic.end_lnum, character = diagnostic.end_col } }
local actions = ask("textDocument/codeAction", { range = range, context = { diagnostics = {} } })
local fix
for _, action in ipairs(actions or {}) do
  if action.title:find("^local%-add") then
    fix = action
  end
end
need("quick fix", fix)
vim.lsp.util.apply_workspace_edit(fix.edit, vim.lsp.get_client_by_id(id).offset_encoding)
-- The server hears of the change, and has nothing more to say about it.
wait("change in the buffer", function()
  return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n"):find("COPY a.conf", 1, true) ~= nil
end)
wait("end of the finding", function() return found() == nil end)
vim.cmd("write!")

vim.lsp.stop_client(id)
wait("end of the server", function() return vim.lsp.client_is_stopped(id) end)
finish()
