/** How a field of a node is walked: as nodes with their type, as the bare fields of one type, or not at all. */
export type FieldShape = { readonly bare: string | undefined; readonly skip: boolean }

/**
 * The fields of every type of node that a query may contain. `name` holds nodes, `name:Type` the bare fields of one
 * type, `name-` nothing that could read or call anything. A type or a field that is not here is not understood.
 */
const SHAPES: Readonly<Record<string, string>> = {
  A_ArrayExpr: 'elements',
  A_Const: 'ival- fval- boolval- sval- bsval-',
  A_Expr: 'name- lexpr rexpr',
  A_Indices: 'lidx uidx',
  A_Indirection: 'arg indirection',
  A_Star: '',
  Alias: 'colnames-',
  BoolExpr: 'args',
  BooleanTest: 'arg',
  CTECycleClause: 'cycle_col_list- cycle_mark_value cycle_mark_default',
  CTESearchClause: 'search_col_list-',
  CaseExpr: 'arg args defresult',
  CaseWhen: 'expr result',
  CoalesceExpr: 'args',
  CollateClause: 'arg collname-',
  ColumnDef: 'typeName:TypeName collClause-',
  ColumnRef: 'fields-',
  CommonTableExpr: 'aliascolnames- ctequery search_clause:CTESearchClause cycle_clause:CTECycleClause',
  CurrentOfExpr: '',
  DefElem: 'arg-',
  DeleteStmt: 'relation- usingClause whereClause returningClause:ReturningClause withClause:WithClause',
  FuncCall: 'funcname- args agg_order agg_filter over:WindowDef',
  GroupingFunc: 'args',
  GroupingSet: 'content',
  IndexElem: 'expr collation- opclass- opclassopts-',
  InferClause: 'indexElems whereClause',
  InsertStmt:
    'relation- cols selectStmt onConflictClause:OnConflictClause returningClause:ReturningClause withClause:WithClause',
  JoinExpr: 'larg rarg usingClause- join_using_alias- quals alias-',
  JsonAggConstructor: 'output:JsonOutput agg_filter agg_order over:WindowDef',
  JsonArgument: 'val:JsonValueExpr',
  JsonArrayAgg: 'constructor:JsonAggConstructor arg:JsonValueExpr',
  JsonArrayConstructor: 'exprs output:JsonOutput',
  JsonArrayQueryConstructor: 'query output:JsonOutput format-',
  JsonBehavior: 'expr',
  JsonFuncExpr:
    'context_item:JsonValueExpr pathspec passing output:JsonOutput on_empty:JsonBehavior on_error:JsonBehavior',
  JsonIsPredicate: 'expr format-',
  JsonKeyValue: 'key value:JsonValueExpr',
  JsonObjectAgg: 'constructor:JsonAggConstructor arg:JsonKeyValue',
  JsonObjectConstructor: 'exprs output:JsonOutput',
  JsonOutput: 'typeName:TypeName returning-',
  JsonParseExpr: 'expr:JsonValueExpr output:JsonOutput',
  JsonScalarExpr: 'expr output:JsonOutput',
  JsonSerializeExpr: 'expr:JsonValueExpr output:JsonOutput',
  JsonTable:
    'context_item:JsonValueExpr pathspec:JsonTablePathSpec passing columns on_error:JsonBehavior alias-',
  JsonTableColumn:
    'typeName:TypeName pathspec:JsonTablePathSpec format- columns on_empty:JsonBehavior on_error:JsonBehavior',
  JsonTablePathSpec: 'string',
  JsonValueExpr: 'raw_expr formatted_expr format-',
  List: 'items',
  MergeStmt:
    'relation- sourceRelation joinCondition mergeWhenClauses returningClause:ReturningClause withClause:WithClause',
  MergeSupportFunc: '',
  MergeWhenClause: 'condition targetList values',
  MinMaxExpr: 'args',
  MultiAssignRef: 'source',
  NamedArgExpr: 'arg',
  NullTest: 'arg',
  OnConflictClause: 'infer:InferClause targetList whereClause',
  ParamRef: '',
  RangeFunction: 'functions alias- coldeflist',
  RangeSubselect: 'subquery alias-',
  RangeTableFunc: 'docexpr rowexpr namespaces columns alias-',
  RangeTableFuncCol: 'typeName:TypeName colexpr coldefexpr',
  RangeTableSample: 'relation method- args repeatable',
  ResTarget: 'indirection val',
  ReturningClause: 'options- exprs',
  RowExpr: 'args colnames-',
  SQLValueFunction: '',
  SelectStmt:
    'distinctClause intoClause- targetList fromClause whereClause groupClause havingClause windowClause ' +
    'valuesLists sortClause limitOffset limitCount lockingClause- withClause:WithClause ' +
    'larg:SelectStmt rarg:SelectStmt',
  SetToDefault: '',
  SortBy: 'node useOp-',
  String: '',
  SubLink: 'testexpr operName- subselect',
  TypeCast: 'arg typeName:TypeName',
  TypeName: 'names- typmods- arrayBounds-',
  UpdateStmt:
    'relation- targetList whereClause fromClause returningClause:ReturningClause withClause:WithClause',
  WindowDef: 'partitionClause orderClause startOffset endOffset',
  WithClause: 'ctes',
  XmlExpr: 'named_args arg_names- args',
  XmlSerialize: 'expr typeName:TypeName',
}

const parsed = new Map<string, ReadonlyMap<string, FieldShape>>()
for (const [type, fields] of Object.entries(SHAPES)) parsed.set(type, fieldsOf(fields))

function fieldsOf(fields: string): Map<string, FieldShape> {
  return new Map(
    fields.split(' ').map(field => {
      const [name = '', bare] = field.replace('-', '').split(':')
      return [name, { bare, skip: field.endsWith('-') }]
    }),
  )
}

/** The fields of a type of node that may hold nodes; `undefined` for a type that is not known. */
export function shapeOf(type: string): ReadonlyMap<string, FieldShape> | undefined {
  return parsed.get(type)
}
