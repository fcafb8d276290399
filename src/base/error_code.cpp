// SPDX-License-Identifier: Apache-2.0
#include "base/error_code.h"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace freshet {
namespace {

struct Named {
  ErrorCode code;
  std::string_view name;
};

// Sorted by number.
constexpr Named kNames[] = {
    {ErrorCode::OK, "OK"},
    {ErrorCode::InternalError, "InternalError"},
    {ErrorCode::BadValue, "BadValue"},
    {ErrorCode::NoSuchKey, "NoSuchKey"},
    {ErrorCode::GraphContainsCycle, "GraphContainsCycle"},
    {ErrorCode::HostUnreachable, "HostUnreachable"},
    {ErrorCode::HostNotFound, "HostNotFound"},
    {ErrorCode::UnknownError, "UnknownError"},
    {ErrorCode::FailedToParse, "FailedToParse"},
    {ErrorCode::CannotMutateObject, "CannotMutateObject"},
    {ErrorCode::UserNotFound, "UserNotFound"},
    {ErrorCode::UnsupportedFormat, "UnsupportedFormat"},
    {ErrorCode::Unauthorized, "Unauthorized"},
    {ErrorCode::TypeMismatch, "TypeMismatch"},
    {ErrorCode::Overflow, "Overflow"},
    {ErrorCode::InvalidLength, "InvalidLength"},
    {ErrorCode::ProtocolError, "ProtocolError"},
    {ErrorCode::AuthenticationFailed, "AuthenticationFailed"},
    {ErrorCode::IllegalOperation, "IllegalOperation"},
    {ErrorCode::EmptyArrayOperation, "EmptyArrayOperation"},
    {ErrorCode::InvalidBSON, "InvalidBSON"},
    {ErrorCode::AlreadyInitialized, "AlreadyInitialized"},
    {ErrorCode::LockTimeout, "LockTimeout"},
    {ErrorCode::NamespaceNotFound, "NamespaceNotFound"},
    {ErrorCode::IndexNotFound, "IndexNotFound"},
    {ErrorCode::PathNotViable, "PathNotViable"},
    {ErrorCode::NonExistentPath, "NonExistentPath"},
    {ErrorCode::InvalidPath, "InvalidPath"},
    {ErrorCode::RoleNotFound, "RoleNotFound"},
    {ErrorCode::CannotBackfillArray, "CannotBackfillArray"},
    {ErrorCode::ConflictingUpdateOperators, "ConflictingUpdateOperators"},
    {ErrorCode::CursorNotFound, "CursorNotFound"},
    {ErrorCode::NoMatchingDocument, "NoMatchingDocument"},
    {ErrorCode::NamespaceExists, "NamespaceExists"},
    {ErrorCode::MaxTimeMSExpired, "MaxTimeMSExpired"},
    {ErrorCode::DollarPrefixedFieldName, "DollarPrefixedFieldName"},
    {ErrorCode::InvalidIdField, "InvalidIdField"},
    {ErrorCode::NotSingleValueField, "NotSingleValueField"},
    {ErrorCode::InvalidDBRef, "InvalidDBRef"},
    {ErrorCode::EmptyFieldName, "EmptyFieldName"},
    {ErrorCode::DottedFieldName, "DottedFieldName"},
    {ErrorCode::CommandNotFound, "CommandNotFound"},
    {ErrorCode::WriteConcernFailed, "WriteConcernFailed"},
    {ErrorCode::ImmutableField, "ImmutableField"},
    {ErrorCode::CannotCreateIndex, "CannotCreateIndex"},
    {ErrorCode::IndexAlreadyExists, "IndexAlreadyExists"},
    {ErrorCode::InvalidOptions, "InvalidOptions"},
    {ErrorCode::InvalidNamespace, "InvalidNamespace"},
    {ErrorCode::UnknownReplWriteConcern, "UnknownReplWriteConcern"},
    {ErrorCode::IndexOptionsConflict, "IndexOptionsConflict"},
    {ErrorCode::IndexKeySpecsConflict, "IndexKeySpecsConflict"},
    {ErrorCode::NetworkTimeout, "NetworkTimeout"},
    {ErrorCode::ShutdownInProgress, "ShutdownInProgress"},
    {ErrorCode::OperationFailed, "OperationFailed"},
    {ErrorCode::UnsatisfiableWriteConcern, "UnsatisfiableWriteConcern"},
    {ErrorCode::WriteConflict, "WriteConflict"},
    {ErrorCode::CommandNotSupported, "CommandNotSupported"},
    {ErrorCode::ConflictingOperationInProgress, "ConflictingOperationInProgress"},
    {ErrorCode::NamespaceNotSharded, "NamespaceNotSharded"},
    {ErrorCode::DocumentValidationFailure, "DocumentValidationFailure"},
    {ErrorCode::NotAReplicaSet, "NotAReplicaSet"},
    {ErrorCode::CappedPositionLost, "CappedPositionLost"},
    {ErrorCode::ExceededMemoryLimit, "ExceededMemoryLimit"},
    {ErrorCode::ReadConcernMajorityNotEnabled, "ReadConcernMajorityNotEnabled"},
    {ErrorCode::ViewDepthLimitExceeded, "ViewDepthLimitExceeded"},
    {ErrorCode::CommandNotSupportedOnView, "CommandNotSupportedOnView"},
    {ErrorCode::OptionNotSupportedOnView, "OptionNotSupportedOnView"},
    {ErrorCode::InvalidPipelineOperator, "InvalidPipelineOperator"},
    {ErrorCode::CannotIndexParallelArrays, "CannotIndexParallelArrays"},
    {ErrorCode::QueryPlanKilled, "QueryPlanKilled"},
    {ErrorCode::AmbiguousIndexKeyPattern, "AmbiguousIndexKeyPattern"},
    {ErrorCode::InvalidViewDefinition, "InvalidViewDefinition"},
    {ErrorCode::IncompatibleServerVersion, "IncompatibleServerVersion"},
    {ErrorCode::PrimarySteppedDown, "PrimarySteppedDown"},
    {ErrorCode::InvalidIndexSpecificationOption, "InvalidIndexSpecificationOption"},
    {ErrorCode::NoSuchSession, "NoSuchSession"},
    {ErrorCode::InvalidUUID, "InvalidUUID"},
    {ErrorCode::ElectionInProgress, "ElectionInProgress"},
    {ErrorCode::IllegalOpMsgFlag, "IllegalOpMsgFlag"},
    {ErrorCode::QueryFeatureNotAllowed, "QueryFeatureNotAllowed"},
    {ErrorCode::TransactionTooOld, "TransactionTooOld"},
    {ErrorCode::CursorKilled, "CursorKilled"},
    {ErrorCode::NotImplemented, "NotImplemented"},
    {ErrorCode::ConversionFailure, "ConversionFailure"},
    {ErrorCode::SnapshotUnavailable, "SnapshotUnavailable"},
    {ErrorCode::NoSuchTransaction, "NoSuchTransaction"},
    {ErrorCode::TransactionCommitted, "TransactionCommitted"},
    {ErrorCode::TransactionTooLarge, "TransactionTooLarge"},
    {ErrorCode::InvalidResumeToken, "InvalidResumeToken"},
    {ErrorCode::TooManyLogicalSessions, "TooManyLogicalSessions"},
    {ErrorCode::OperationNotSupportedInTransaction, "OperationNotSupportedInTransaction"},
    {ErrorCode::IndexBuildAborted, "IndexBuildAborted"},
    {ErrorCode::ClientDisconnect, "ClientDisconnect"},
    {ErrorCode::ChangeStreamFatalError, "ChangeStreamFatalError"},
    {ErrorCode::ChangeStreamHistoryLost, "ChangeStreamHistoryLost"},
    {ErrorCode::NoQueryExecutionPlans, "NoQueryExecutionPlans"},
    {ErrorCode::QueryExceededMemoryLimitNoDiskUseAllowed,
     "QueryExceededMemoryLimitNoDiskUseAllowed"},
    {ErrorCode::APIVersionError, "APIVersionError"},
    {ErrorCode::APIStrictError, "APIStrictError"},
    {ErrorCode::UnsupportedOpQueryCommand, "UnsupportedOpQueryCommand"},
    {ErrorCode::CannotConvertIndexToUnique, "CannotConvertIndexToUnique"},
    {ErrorCode::CollectionUUIDMismatch, "CollectionUUIDMismatch"},
    {ErrorCode::NotWritablePrimary, "NotWritablePrimary"},
    {ErrorCode::BSONObjectTooLarge, "BSONObjectTooLarge"},
    {ErrorCode::DuplicateKey, "DuplicateKey"},
    {ErrorCode::InterruptedAtShutdown, "InterruptedAtShutdown"},
    {ErrorCode::Interrupted, "Interrupted"},
    {ErrorCode::InterruptedDueToReplStateChange, "InterruptedDueToReplStateChange"},
    {ErrorCode::CursorInUse, "CursorInUse"},
    {ErrorCode::DatabaseDifferCase, "DatabaseDifferCase"},
    {ErrorCode::NotPrimaryNoSecondaryOk, "NotPrimaryNoSecondaryOk"},
    {ErrorCode::NotPrimaryOrSecondary, "NotPrimaryOrSecondary"},
    {ErrorCode::OutOfDiskSpace, "OutOfDiskSpace"},
    {ErrorCode::Location40415, "Location40415"},
};

}  // namespace

std::string code_name(ErrorCode code) {
  const auto* at = std::lower_bound(std::begin(kNames), std::end(kNames), code,
                                    [](const Named& n, ErrorCode c) { return n.code < c; });
  if (at != std::end(kNames) && at->code == code) return std::string(at->name);
  return "Location" + std::to_string(static_cast<std::int32_t>(code));
}

}  // namespace freshet
